"""The promises of this site."""

from apps.monitoring.recorders import cache, flights, requests
from apps.monitoring.slo.objective import Count, Objective

CACHED = {"source": (requests.CACHE,), "outcome": (requests.OK,)}
UNCACHED = {"source": (requests.APPLICATION,), "outcome": (requests.OK,)}

AVAILABILITY = Objective(
    name="availability",
    title="Requests are answered without an error of the server",
    share=0.999,
    total=Count(metric=requests.ANSWERS, where={}),
    good=Count(metric=requests.ANSWERS, where={"outcome": (requests.OK,)}),
)
CACHED_LATENCY = Objective(
    name="cached_latency",
    title="Answers from the cache take less than 100 ms",
    share=0.99,
    total=Count(metric=requests.ANSWERS, where=CACHED),
    good=Count(metric=requests.ANSWERS, where=CACHED, below=0.1),
)
UNCACHED_LATENCY = Objective(
    name="uncached_latency",
    title="Other answers take less than 500 ms",
    share=0.99,
    total=Count(metric=requests.ANSWERS, where=UNCACHED),
    good=Count(metric=requests.ANSWERS, where=UNCACHED, below=0.5),
)
HIT_RATE = Objective(
    name="hit_rate",
    title="Reads of the cache find what they ask for",
    share=0.9,
    total=Count(metric=cache.REQUESTS, where={"result": ("hit", "stale", "miss")}),
    good=Count(metric=cache.REQUESTS, where={"result": ("hit",)}),
)
DUPLICATES = Objective(
    name="duplicates",
    title="Identical work under way is executed once",
    share=1.0,
    total=Count(metric=flights.REQUESTS, where={"role": ("leader",)}),
    bad=Count(metric=flights.DUPLICATES, where={}),
)
OBJECTIVES = (AVAILABILITY, CACHED_LATENCY, UNCACHED_LATENCY, HIT_RATE, DUPLICATES)
