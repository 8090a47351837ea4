# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Counts events from scratch, by the words of docs/definitions.md and not by how the processor does it: the oracle.

Everything is kept; nothing is incremental but sessions, whose definition is about the order of arrival.
"""

import re
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta, timezone
from statistics import median
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

SESSION_GAP = 30 * 60 * 1000
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SESSION_LENGTH_MAX = 24 * 3600 * 1000


def milliseconds(text):
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return round((moment - datetime(1970, 1, 1, tzinfo=timezone.utc)).total_seconds() * 1000)


# Those that the tests' traffic comes from.
KNOWN_HOSTS = {"www.google.com": ("search", "Google"), "duckduckgo.com": ("search", "DuckDuckGo"),
               "www.facebook.com": ("social", "Facebook"), "mail.google.com": ("email", "Gmail")}


class Event:
    """What the definitions look at."""

    def __init__(self, message, zone):
        self.id = message["messageId"]
        self.type = message["type"]
        self.name = message.get("event" if self.type == "track" else "name", "")
        self.user = message.get("userId")
        self.anonymous = message.get("anonymousId")
        self.previous = message.get("previousId")
        self.actor = ("user", self.user) if self.user else ("anonymous", self.anonymous)
        self.ms = milliseconds(message["timestamp"])
        local = datetime.fromtimestamp(self.ms // 1000, zone)
        self.day, self.hour = local.date(), local.hour
        context, properties = message.get("context", {}), message.get("properties", {})
        page = context.get("page", {})
        self.country = context.get("location", {}).get("country")
        self.agent = context.get("userAgent", "")
        self.traits = message.get("traits", {})
        self.path = self.referrer = None
        if self.type == "page":
            self.path = properties.get("path") or page.get("path")
            referrer = properties.get("referrer") or page.get("referrer")
            host = urlsplit(referrer).hostname if referrer else None
            self.referrer = host if host != urlsplit(page.get("url", "")).hostname else None
            self.internal = bool(host) and self.referrer is None
        self.count_enriched(context, properties, page)

    def count_enriched(self, context, properties, page):
        """Campaign, channel and place, by docs/definitions.md."""
        query = parse_qs(urlsplit(properties.get("url") or page.get("url", "")).query)
        campaign = context.get("campaign", {})

        def said(name, parameter):
            return campaign.get(name) or query.get(parameter, [None])[0]

        self.medium, self.campaign = said("medium", "utm_medium"), said("name", "utm_campaign")
        self.source = said("source", "utm_source")
        named = any((self.source, self.medium, self.campaign))
        location = context.get("location", {})
        self.region = f"{location['country']}-{location['region']}" if location.get("region") else None
        self.plan = properties.get("plan")
        self.channel = None
        if self.type == "page":
            known = KNOWN_HOSTS.get(self.referrer)
            self.channel = known[0] if known else "referral" if self.referrer else "internal" if self.internal else "direct"
            if named:
                self.channel = "email" if self.medium == "email" else "campaign"
            self.source = self.source or (known and known[1])


def device(agent):
    if "iPad" in agent:
        return "tablet"
    return "mobile" if "Mobile" in agent else "desktop"


def browser(agent):
    for part, family in (("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")):
        if part in agent:
            return family
    return "other"


def system(agent):
    for part, family in (("Android", "Android"), ("iPhone", "iOS"), ("iPad", "iOS"), ("Windows", "Windows"),
                         ("Mac OS X", "macOS"), ("Linux", "Linux")):
        if part in agent:
            return family
    return "other"


def browser_version(agent):
    """The family with the first number of its version."""
    number = re.search(r"Version/(\d+)" if browser(agent) == "Safari" else browser(agent) + r"/(\d+)", agent)
    return f"{browser(agent)} {number[1]}" if number else None


def system_version(agent):
    family = system(agent)
    number = re.search({"Windows": r"Windows NT (\d+)", "macOS": r"Mac OS X (\d+_\d+)", "iOS": r"OS (\d+)_",
                        "Android": r"Android (\d+)"}.get(family, "(?!)"), agent)
    return f"{family} {number[1].replace('_', '.')}" if number else "Linux" if family == "Linux" else None


class Session:
    """From the first to the last of an actor's events with less than the gap between neighbours."""

    def __init__(self, ms):
        self.start = self.end = ms
        self.events = 1

    def distance(self, ms):
        return self.start - ms if ms < self.start else max(ms - self.end, 0)

    def take(self, ms):
        self.start, self.end = min(self.start, ms), max(self.end, ms)
        self.events += 1

    def may_take(self, ms):
        return (self.distance(ms) == 0 and self.start <= ms) or (
            self.distance(ms) < SESSION_GAP and max(self.end, ms) - min(self.start, ms) <= SESSION_LENGTH_MAX)


def assign(sessions, ms):
    """In order of arrival: the session that contains the event, else the nearest before, else the nearest after."""
    before = max((s for s in sessions if s.start <= ms), key=lambda s: s.start, default=None)
    after = min((s for s in sessions if s.start > ms), key=lambda s: s.start, default=None)
    for session in (before, after):
        if session and session.may_take(ms):
            session.take(ms)
            return
    sessions.append(Session(ms))


class Recount:
    """Everything the reports say, from the events alone."""

    def __init__(self, messages, zone_name):
        self.zone = ZoneInfo(zone_name)
        self.messages = messages
        seen = {}
        for message in messages:
            seen.setdefault(message["messageId"], message)
        self.events = [Event(message, self.zone) for message in seen.values()]
        self.by_day = defaultdict(list)
        self.by_actor = defaultdict(list)
        self.active = defaultdict(set)
        self.first_day = {}
        self.sessions = defaultdict(list)
        for event in self.events:
            self.by_day[event.day].append(event)
            self.by_actor[event.actor].append(event)
            self.active[event.day].add(event.actor)
            self.first_day[event.actor] = min(event.day, self.first_day.get(event.actor, event.day))
            assign(self.sessions[event.actor], event.ms)
        self.sessions_by_day = defaultdict(list)
        for sessions in self.sessions.values():
            for session in sessions:
                self.sessions_by_day[self.day_of(session.start)].append(session)
        self.links = defaultdict(set)
        owners = {}
        for event in self.events:
            linked = event.anonymous if event.type == "identify" else event.previous if event.type == "alias" else None
            if event.user and linked:
                claim = (event.ms, event.user)
                owners[linked] = min(claim, owners.get(linked, claim))
        for anonymous, (_, user) in owners.items():
            self.links[user].add(anonymous)

    def day_of(self, ms):
        return datetime.fromtimestamp(ms // 1000, self.zone).date()

    def days(self):
        first, last = min(self.by_day), max(self.by_day)
        return [first + timedelta(days=number) for number in range((last - first).days + 1)]

    def users_active(self, last, days):
        users = set()
        for back in range(days):
            users |= {actor for actor in self.active.get(last - timedelta(days=back), ()) if actor[0] == "user"}
        return len(users)

    def count(self, day, what):
        return Counter(value for value in map(what, self.by_day.get(day, ())) if value)

    def by_name(self, day):
        actors = defaultdict(set)
        for event in self.by_day.get(day, ()):
            if event.name:
                actors[event.name].add(event.actor)
        return {name: (events, len(actors[name])) for name, events in self.count(day, lambda e: e.name).items()}

    def hours(self, day):
        counted = Counter(event.hour for event in self.by_day.get(day, ()))
        return [counted[hour] for hour in range(24)]

    def session_figures(self, day):
        sessions = self.sessions_by_day.get(day, [])
        lengths = [(session.end - session.start) // 1000 for session in sessions]
        bounces = sum(session.events == 1 for session in sessions)
        return {"count": len(sessions), "median": median(lengths) if lengths else None,
                "bounce": bounces / len(sessions) if sessions else None}

    def session_figures_of(self, days):
        sessions = [session for day in days for session in self.sessions_by_day.get(day, [])]
        bounces = sum(session.events == 1 for session in sessions)
        return {"count": len(sessions), "bounceRate": bounces / len(sessions) if sessions else None,
                "medianSeconds": median((session.end - session.start) // 1000 for session in sessions) if sessions else None}

    def top_users(self, day):
        counted = Counter(event.user for event in self.by_day.get(day, ()) if event.user)
        return sorted(counted.items(), key=lambda row: (-row[1], row[0]))

    def kind(self, day, kind):
        return sum(actor[0] == kind for actor in self.active.get(day, ()))

    def new_users(self, day):
        return sum(first == day and actor[0] == "user" for actor, first in self.first_day.items())

    def people(self, day):
        """Who was there, with a user and the anonymous ids that belong to them once."""
        owners = {("anonymous", anonymous): ("user", user) for user, linked in self.links.items() for anonymous in linked}
        return len({owners.get(actor, actor) for actor in self.active.get(day, ())})

    def retention(self, unit):
        """Cohort -> how many of it were active so many days or weeks later; those of none left out."""
        def begin(day):
            return day if unit == "day" else day - timedelta(days=day.weekday())

        step, most = (1, 90) if unit == "day" else (7, 52)
        days = defaultdict(set)
        for day, actors in self.active.items():
            for actor in actors:
                days[actor].add(begin(day))
        found = defaultdict(Counter)
        for actor, seen in days.items():
            if actor[0] == "user":
                found[min(seen).isoformat()].update(later for later in ((day - min(seen)).days // step for day in seen) if later <= most)
        return found

    def actors_of(self, user):
        return [("user", user), *(("anonymous", anonymous) for anonymous in sorted(self.links[user]))]

    def timeline(self, user):
        """Newest first, of the same time UUIDs before other ids; the history of linked anonymous ids belongs to it."""
        events = [event for actor in self.actors_of(user) for event in self.by_actor.get(actor, ())]
        return [event.id for event in sorted(events, key=lambda e: (e.ms, bool(UUID.fullmatch(e.id)), e.id), reverse=True)]

    def user_days(self, user):
        days = defaultdict(lambda: {"events": 0, "names": Counter(), "types": Counter(), "sessions": 0, "seconds": []})
        for actor in self.actors_of(user):
            for event in self.by_actor.get(actor, ()):
                day = days[event.day]
                day["events"] += 1
                day["types"][event.type] += 1
                if event.name:
                    day["names"][event.name] += 1
            for session in self.sessions.get(actor, ()):
                day = days[self.day_of(session.start)]
                day["sessions"] += 1
                day["seconds"].append((session.end - session.start) // 1000)
        return dict(days)


def ranked(counter):
    """Most first, then by value: how reports order their lists."""
    return sorted(counter.items(), key=lambda row: (-row[1], row[0]))


def parse_day(text):
    return date.fromisoformat(text)


class FunnelRecount:
    """One funnel, from the messages in the order in which they were sent. steps: what an event must be; within: in ms."""

    LATE = 24 * 3600 * 1000
    SPARE = 16

    def __init__(self, messages, within, steps, zone):
        self.within, self.steps, self.zone = within, steps, zone
        self.outcomes = {}  # (actor, day of entry) -> times of the steps that were reached
        remembered, closed = defaultdict(dict), defaultdict(lambda: date.min)
        for message in messages:
            is_of = {number for number, step in enumerate(steps) if step(message)}
            actor = message.get("userId") or ("anonymous", message.get("anonymousId"))
            ms = milliseconds(message["timestamp"])
            if not is_of:
                continue
            closed[actor] = max(closed[actor], self.day_of(ms - within - self.LATE) - timedelta(days=1))
            if self.day_of(ms) > closed[actor]:
                seen = {at: of for at, of in remembered[actor].items() if self.day_of(at) > closed[actor]}
                seen[ms] = seen.get(ms, set()) | is_of
                remembered[actor] = self.without_spare(actor, seen)

    def day_of(self, ms):
        return datetime.fromtimestamp(ms // 1000, self.zone).date()

    def chain(self, seen, first):
        times = [first]
        while len(times) < len(self.steps):
            later = [at for at, of in seen.items() if times[-1] < at <= first + self.within and len(times) in of]
            if not later:
                break
            times.append(min(later))
        return times

    def without_spare(self, actor, seen):
        used = set()
        for day in {self.day_of(at) for at in seen}:
            chains = [self.chain(seen, at) for at in sorted(seen) if self.day_of(at) == day and 0 in seen[at]]
            if chains:
                best = max(chains, key=len)  # the first of the longest
                self.outcomes[actor, day] = best
                used.update(best)
        spare = sorted(set(seen) - used)
        return {at: of for at, of in seen.items() if at in used or at in spare[-self.SPARE:]}

    def days(self):
        found = {}
        for (_, day), times in self.outcomes.items():
            reached = found.setdefault(str(day), [0] * len(self.steps))
            for number in range(len(times)):
                reached[number] += 1
        return found

    def median(self, number):
        """Of the seconds since the step before; from 64 on with six binary digits."""
        seconds = [(times[number] - times[number - 1]) // 1000 for times in self.outcomes.values() if 0 < number < len(times)]
        rounded = [one >> max(0, one.bit_length() - 6) << max(0, one.bit_length() - 6) for one in seconds]
        return median(rounded) if rounded else None
