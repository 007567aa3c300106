"""Whether a text is an expression that OVN can read: the match of a rule or of a policy.

One that it cannot read makes nothing but a warning in a log that the rule's author never sees; and since northd puts
it between words of its own, one that closes more than it opens could come to mean what nobody has checked. The grammar
is that of ``ovn-sb(5)``, table Logical_Flow.
"""

from __future__ import annotations

from itertools import chain

from controller.api.expression_fields import FIELDS, Field
from controller.api.expression_tokens import InvalidExpression, Token, tokens

__all__ = ["InvalidExpression", "check"]

DEEPEST = 50
"""Parentheses within one another; OVN takes 100, and northd needs some."""

_COMPARISONS = frozenset(("==", "!=", "<", "<=", ">", ">="))
_EQUALITY = frozenset(("==", "!="))
_TURNED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_CONSTANTS = frozenset(("number", "text", "set", "group"))
_END = Token("end", "")


def check(text: str) -> None:
    """Raises ``InvalidExpression`` where the text cannot be read as an expression."""
    _Parser(text).whole()


class _Constants:
    """What a field is compared with: one constant, or several in braces."""

    def __init__(self, found: list[Token], in_braces: bool) -> None:
        self.found = found
        self.in_braces = in_braces

    @property
    def is_text(self) -> bool:
        return self.found[0].sort in ("text", "group")


class _Parser:
    """Reads the words from left to right; the expression was seen to be one as far as that."""

    def __init__(self, text: str) -> None:
        self._words = chain(tokens(text), (_END, _END))
        self._here = next(self._words)
        self._ahead = next(self._words)
        self._depth = 0
        self._negated = False

    def whole(self) -> None:
        self._alternatives()
        if self._here is not _END:
            raise InvalidExpression(self._here.text, "the end, && or || is expected")

    def _take(self) -> Token:
        taken, self._here, self._ahead = self._here, self._ahead, next(self._words, _END)
        return taken

    def _expect(self, sort: str) -> Token:
        if self._here.sort != sort:
            raise InvalidExpression(self._here.text, f"{sort} is expected")
        return self._take()

    def _alternatives(self) -> None:
        self._term()
        joined_by = self._here.sort
        while self._here.sort in ("&&", "||"):
            if self._here.sort != joined_by:
                raise InvalidExpression(self._here.text, "&& and || together need parentheses")
            self._take()
            self._term()

    def _term(self) -> None:
        if self._here.sort != "!":
            self._primary()
            return
        self._take()
        self._negated = not self._negated
        if not self._primary():
            raise InvalidExpression(self._here.text, "what ! stands before needs parentheses")
        self._negated = not self._negated

    def _primary(self) -> bool:
        """Reads one condition; tells whether ! may stand right before it."""
        if self._here.sort == "(":
            return self._in_parentheses()
        if self._here.sort == "name":
            return self._of_field()
        constants = self._constants()
        if self._here.sort not in _COMPARISONS and [entry.text for entry in constants.found] in (
            ["0"],
            ["1"],
        ):
            if constants.in_braces or constants.is_text:
                raise InvalidExpression(self._here.text, "a comparison is expected")
            return True
        first = self._comparison()
        name, field = self._field()
        _judge(name, field, _TURNED[first], constants, self._negated)
        if self._here.sort in _COMPARISONS:
            second = self._comparison()
            if first[0] != second[0] or first[0] not in "<>":
                raise InvalidExpression(second, "a range has the form x < field < y or x > field > y")
            _judge(name, field, second, self._constants(), self._negated)
        return False

    def _in_parentheses(self) -> bool:
        self._take()
        self._depth += 1
        if self._depth > DEEPEST:
            raise InvalidExpression("(", f"{DEEPEST} parentheses within one another are the most")
        self._alternatives()
        self._expect(")")
        self._depth -= 1
        return True

    def _of_field(self) -> bool:
        if self._here.text == "is_chassis_resident" and self._ahead.sort == "(":
            self._take()
            self._take()
            self._expect("text")
            self._expect(")")
            return True
        name, field = self._field()
        if self._here.sort in _COMPARISONS:
            _judge(name, field, self._comparison(), self._constants(), self._negated)
            return False
        if not field.bits or (field.bits > 1 and not self._negated):
            raise InvalidExpression(self._here.text, f"{name} is compared with something: {name} == ...")
        if field.is_nominal and field.is_predicate and self._negated:
            raise InvalidExpression(name, f"{name} cannot be negated")
        return True

    def _field(self) -> tuple[str, Field]:
        if self._here.sort != "name" or self._here.text not in FIELDS:
            raise InvalidExpression(self._here.text, "the name of a field is expected")
        name = self._take().text
        field = FIELDS[name]
        if self._here.sort != "[":
            return name, field
        self._take()
        low = high = self._bit()
        if self._here.sort == "..":
            self._take()
            high = self._bit()
        self._expect("]")
        if not low <= high < field.bits:
            raise InvalidExpression(f"{name}[{low}..{high}]", f"{name} has {field.bits} bits")
        if field.is_nominal and (low, high) != (0, field.bits - 1):
            raise InvalidExpression(f"{name}[{low}..{high}]", f"{name} has no parts")
        return name, field._replace(bits=high - low + 1)

    def _bit(self) -> int:
        found = self._expect("number").text
        if not found.isdecimal() or len(found) > 3:
            raise InvalidExpression(found, "the number of a bit is expected")
        return int(found)

    def _comparison(self) -> str:
        if self._here.sort not in _COMPARISONS:
            raise InvalidExpression(self._here.text, "a comparison is expected")
        return self._take().sort

    def _constants(self) -> _Constants:
        if self._here.sort != "{":
            return _Constants([self._constant()], in_braces=False)
        self._take()
        found = [self._constant()]
        while True:
            if self._here.sort == ",":
                self._take()
            if self._here.sort == "}":
                break
            found.append(self._constant())
        self._take()
        constants = _Constants(found, in_braces=True)
        for entry in found:
            if (entry.sort in ("text", "group")) is not constants.is_text:
                raise InvalidExpression(entry.text, "texts and numbers do not go together")
        return constants

    def _constant(self) -> Token:
        if self._here.sort not in _CONSTANTS:
            raise InvalidExpression(self._here.text, "a constant is expected")
        return self._take()


def _judge(name: str, field: Field, comparison: str, constants: _Constants, negated: bool) -> None:
    """Whether the field can be compared with that in this way. ``comparison`` is as written behind the field."""
    if constants.is_text is not (field.bits == 0):
        raise InvalidExpression(name, f"{name} is compared with {'numbers' if field.bits else 'texts'}")
    for entry in constants.found:
        if entry.bits > field.bits and field.bits:
            raise InvalidExpression(entry.text, f"{name} has {field.bits} bits")
    if comparison not in _EQUALITY:
        entry = constants.found[0]
        if (
            constants.in_braces
            or field.is_nominal
            or field.is_predicate
            or entry.is_masked
            or entry.sort == "set"
        ):
            raise InvalidExpression(comparison, f"here {name} can only be compared by == and !=")
    elif field.is_nominal:
        for entry in constants.found:
            is_zero = field.is_predicate and entry.bits == 0
            if (comparison == "!=") is not (negated is not is_zero):
                raise InvalidExpression(comparison, f"{name} can only be found equal, never unequal")
