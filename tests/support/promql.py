"""What a PromQL expression asks for."""

import promql_parser
from promql_parser import Expr, VectorSelector


def selectors(expression: str) -> list[VectorSelector]:
    """Every selector in it; raises ValueError for what Prometheus would not take."""
    found: list[VectorSelector] = []

    def see(node: Expr) -> bool:
        if isinstance(node, VectorSelector):
            found.append(node)
        return True

    promql_parser.walk(promql_parser.parse(expression), see)
    return found
