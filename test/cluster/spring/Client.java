// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A Spring Boot application that starts from a config server and prints what --print=KEY,KEY asks for, a line each, and the names of its sources.
package footfall;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.core.env.ConfigurableEnvironment;

@SpringBootConfiguration
public class Client {
    public static void main(String[] words) {
        SpringApplication application = new SpringApplication(Client.class);
        application.setWebApplicationType(WebApplicationType.NONE);
        ConfigurableEnvironment settings = application.run(words).getEnvironment();
        for (String key : settings.getRequiredProperty("print").split(",")) {
            System.out.println("VALUE " + key + "=" + settings.getProperty(key));
        }
        settings.getPropertySources().forEach(source -> System.out.println("SOURCE " + source.getName()));
    }
}
