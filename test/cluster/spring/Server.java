// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Spring Cloud Config Server as its documentation says to start it. With spring.security.user.password it asks for that by HTTP Basic, without it
// lets everybody in.
package footfall;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.cloud.config.server.EnableConfigServer;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;

@SpringBootApplication
@EnableConfigServer
public class Server {
    public static void main(String[] words) {
        SpringApplication.run(Server.class, words);
    }

    @Bean
    SecurityFilterChain door(HttpSecurity http, Environment settings) throws Exception {
        boolean open = !settings.containsProperty("spring.security.user.password");
        http.csrf(csrf -> csrf.disable());
        http.authorizeHttpRequests(asked -> {
            if (open) {
                asked.anyRequest().permitAll();
            } else {
                asked.anyRequest().authenticated();
            }
        });
        return http.httpBasic(Customizer.withDefaults()).build();
    }
}
