"""`filter(external_id__among=ids)`: what `__in` says, with many values as one parameter where the database has arrays.

Django writes a placeholder for each value, and finding a thousand of them in a statement takes longer than PostgreSQL
needs to find the rows.
"""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import Field, ForeignObject, IntegerField, Lookup

from sellers.columns import array


@ForeignObject.register_lookup
@Field.register_lookup
class Among(Lookup):  # type: ignore[type-arg]  # not subscriptable at run time
    """Whether a column has one of these values. Texts and whole numbers only; on SQLite at most as many as it binds."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """`column IN (...)`, or `column = ANY(array)`."""
        column, bound = self.process_lhs(compiler, connection)
        values = list(self.rhs)
        if not values:
            raise EmptyResultSet
        if len(values) == 1:  # PostgreSQL keeps an array of one an array: no index gives its rows in their order
            return f"{column} = %s", (*bound, *values)
        if connection.vendor == "postgresql":
            given = (*bound, array(self.lhs.output_field, values))
            if isinstance(_value_field(self.lhs.output_field), IntegerField):
                return f"{column} = ANY(%s::bigint[])", given
            # IDs, each of which is found in an index. Out of the planner's sight: it would compare every one of them
            # with the column's most common values, several times, which takes longer than finding the rows.
            return f"{column} = ANY((SELECT %s::text[])::text[])", given
        return f"{column} IN ({', '.join(['%s'] * len(values))})", (*bound, *values)


def _value_field(field: Any) -> Any:
    while field.is_relation:
        field = field.target_field
    return field
