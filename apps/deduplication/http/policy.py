"""What staff may turn about sharing requests."""

from apps.deduplication.flights.scope import Scope

EDGE = Scope(name="edge", title="Flights: requests at the edge")
