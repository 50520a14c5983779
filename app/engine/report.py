"""The processing report: what became of each message of a feed.

Source: design D5, feed-vocabulary 3.1 and 3.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from xml.sax.saxutils import escape

from app.model.feed import Counts, Problem, Rules

_PIECE = 256


def write_report(
    write: Callable[[bytes], object],
    *,
    feed_submission_id: int,
    seller_id: str,
    rules: Rules,
    counts: Counts,
    problems: Iterable[Problem],
) -> None:
    """Write a report piece by piece; `problems` come in ascending MessageID."""
    head = f"""<?xml version="1.0" encoding="UTF-8"?>
<AmazonEnvelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:noNamespaceSchemaLocation="amzn-envelope.xsd">
	<Header>
		<DocumentVersion>1.02</DocumentVersion>
		<MerchantIdentifier>{escape(seller_id)}</MerchantIdentifier>
	</Header>
	<MessageType>ProcessingReport</MessageType>
	<Message>
		<MessageID>1</MessageID>
		<ProcessingReport>
			<DocumentTransactionID>{feed_submission_id}</DocumentTransactionID>
			<StatusCode>Complete</StatusCode>
			<ProcessingSummary>
				<MessagesProcessed>{counts.processed}</MessagesProcessed>
				<MessagesSuccessful>{counts.successful}</MessagesSuccessful>
				<MessagesWithError>{counts.with_error}</MessagesWithError>
				<MessagesWithWarning>{counts.with_warning}</MessagesWithWarning>
			</ProcessingSummary>
"""
    pieces = [head]
    for problem in problems:
        pieces.append(_result(problem, rules))
        if len(pieces) == _PIECE:
            write("".join(pieces).encode())
            pieces.clear()
    pieces.append("\t\t</ProcessingReport>\n\t</Message>\n</AmazonEnvelope>\n")
    write("".join(pieces).encode())


def _result(problem: Problem, rules: Rules) -> str:
    number, text = spelled(problem, rules)
    return f"""\
			<Result>
				<MessageID>{problem.message_id}</MessageID>
				<ResultCode>{problem.severity}</ResultCode>
				<ResultMessageCode>{number}</ResultMessageCode>
				<ResultDescription>{escape(text)}</ResultDescription>
{_additional_info(problem)}			</Result>
"""


def spelled(problem: Problem, rules: Rules) -> tuple[int, str]:
    """Return the number and the text that a profile reports (design D1, last row)."""
    number = problem.code.number
    strict = problem.code.value.strict
    if rules is Rules.STRICT and strict is not None:
        return strict, f"{problem.text} ({number})"
    return number, problem.text


def _additional_info(problem: Problem) -> str:
    lines = ""
    if problem.amazon_order_id:
        # \w of the schema takes symbols too, "<" and "&" among them.
        order_id = escape(problem.amazon_order_id)
        lines += f"\t\t\t\t\t<AmazonOrderID>{order_id}</AmazonOrderID>\n"
    if problem.amazon_order_item_code:
        lines += (
            "\t\t\t\t\t<AmazonOrderItemCode>"
            f"{problem.amazon_order_item_code}</AmazonOrderItemCode>\n"
        )
    if not lines:
        return ""
    return f"\t\t\t\t<AdditionalInfo>\n{lines}\t\t\t\t</AdditionalInfo>\n"
