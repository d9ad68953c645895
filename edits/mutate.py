# SPDX-License-Identifier: GPL-2.0-only
"""Ways to break C sources in the kernel's style by one small change each.

Only bodies of functions are broken. Left out is what no test of behaviour can see: comments, strings, the
preprocessor's lines and macros, declarations' types, statements that only print, trace, warn or let others run, with
the condition right before them, and KUnit's hooks.
"""
import random
import re
from typing import NamedTuple

SILENT = re.compile(r"(?:(?:pr|dev)_(?:emerg|crit|err|warn|notice|info|debug|dbg)\w*|printk\w*|seq_\w+|trace_\w+"
                    r"|WARN\w*|cond_resched|lockdep_\w+|KUNIT_\w+|MODULE_\w+)\s*\(")
BARRIER = re.compile(r"(?:smp|virt|dma)_(?:r|w)?mb\s*\(\s*\)")
NOT_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*',
                      re.S | re.M)
BODY = re.compile(r"^\{$.*?^\}$", re.S | re.M)
DECLARATION = re.compile(r"(?:(?:static|const|volatile|unsigned|signed|struct|union|enum|int|long|short|char|bool|void"
                         r"|size_t|u8|u16|u32|u64|\w+_t)\b[\s*]+)+\w|LIST_HEAD\b|DEFINE_\w+\b")
# Without it, a compiler warns.
LAST_RETURN = re.compile(r"return\b[^;]+;\s*^\}", re.M)
HEAD = re.compile(r"\s*(?:else\b|do\b|default\s*:|case\b[^:]*:|\w+:(?!:)"
                  r"|(if|for|while|switch|\w*for_each\w*)\s*(?=\())")

# What stands for what: a pattern, its replacements, and how this kind of change is called.
SWAPS = [(re.compile(pattern), others, kind) for pattern, others, kind in (
    (r"(?<![<>=!-])<(?![<=])", ("<=",), "comparison"), (r"(?<![<>=!-])>(?![>=])", (">=",), "comparison"),
    (r"(?<!<)<=", ("<",), "comparison"), (r"(?<!>)>=", (">",), "comparison"),
    (r"==", ("!=",), "comparison"), (r"!=", ("==",), "comparison"),
    (r"&&", ("||",), "and, or"), (r"\|\|", ("&&",), "and, or"),
    (r"(?<![!])!(?![=!])", ("",), "not"), (r"~", ("",), "not"),
    (r"\+\+", ("--",), "step"), (r"--", ("++",), "step"),
    (r"\+=", ("-=",), "arithmetic"), (r"-=", ("+=",), "arithmetic"),
    (r"\|=", ("&=",), "arithmetic"), (r"&=", ("|=",), "arithmetic"),
    (r"(?<=[\w)\]]) \+ ", (" - ",), "arithmetic"), (r"(?<=[\w)\]]) - ", (" + ",), "arithmetic"),
    (r"(?<=[\w)\]]) & ", (" | ",), "arithmetic"), (r"(?<=[\w)\]]) \| ", (" & ",), "arithmetic"),
    (r"<<(?!=)", (">>",), "arithmetic"), (r">>(?!=)", ("<<",), "arithmetic"),
    (r"\bDMA_TO_DEVICE\b", ("DMA_FROM_DEVICE",), "direction"),
    (r"\bDMA_FROM_DEVICE\b", ("DMA_TO_DEVICE",), "direction"),
    (r"_for_cpu\b", ("_for_device",), "direction"), (r"_for_device\b(?=\()", ("_for_cpu",), "direction"),
    (r"\btrue\b", ("false",), "true, false"), (r"\bfalse\b", ("true",), "true, false"),
    (r"\bmin(?=(_t)?\()", ("max",), "min, max"), (r"\bmax(?=(_t)?\()", ("min",), "min, max"),
    (r"\b[1-9]\d*(?=U?L?L?\b)", (r"(\g<0> + 1)", r"(\g<0> - 1)"), "constant"), (r"\b0(?=U?L?L?\b)", ("1",), "constant"),
    (r"\b(?!DMA_|GFP_|__|NULL\b)[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b(?!\s*\()", (r"(\g<0> + 1)", r"(\g<0> - 1)"),
     "constant"),
)]


class Mutation(NamedTuple):
    """One change: what stands from start to end becomes new."""
    start: int
    end: int
    new: str
    kind: str

    def apply(self, text):
        return text[:self.start] + self.new + text[self.end:]

    def line(self, text):
        return text.count("\n", 0, self.start) + 1


def blank(text):
    return re.sub(r"[^\n]", " ", text)


def code_of(text):
    """The text with blanks in the place of all that is not code in a function's body."""
    plain = NOT_CODE.sub(lambda found: blank(found[0]), text)
    code, at = "", 0
    for body in BODY.finditer(plain):
        code += blank(plain[at:body.start()]) + body[0]
        at = body.end()
    return code + blank(plain[at:])


def closing(code, at):
    """Where the bracket that opens at a place is closed."""
    depth = 0
    for place in range(at, len(code)):
        depth += (code[place] in "([") - (code[place] in ")]")
        if not depth:
            return place
    return len(code)


class Statement(NamedTuple):
    """A simple statement, the conditions right before it, each as a span, and where all of it starts."""
    begin: int
    start: int
    end: int
    conditions: list


def statements(code):
    """The simple statements of bodies, and blocks' heads, which end where they start."""
    begin, depth = 0, 0
    for place, char in enumerate(code):
        depth += (char in "([") - (char in ")]")
        if depth or char not in ";{}":
            continue
        start, conditions = begin, []
        while (head := HEAD.match(code, start)) and head.end() <= place:
            start = head.end()
            if head[1]:
                end = closing(code, start)
                if head[1] == "if":
                    conditions.append((start + 1, end))
                start = end + 1
        while start < place and code[start].isspace():
            start += 1
        yield Statement(begin, min(start, place), place if char == ";" else start, conditions)
        begin = place + 1


def without_silent(code):
    """Code without what only prints and the like."""
    for statement in list(statements(code)):
        if SILENT.match(code, statement.start):
            code = code[:statement.begin] + blank(code[statement.begin:statement.end]) + code[statement.end:]
    return code


def mutations(text):
    """All mutations of a source."""
    code = without_silent(code_of(text))
    for statement in statements(code):
        rest = code[statement.start:statement.end]
        for start, end in statement.conditions:
            yield Mutation(start, end, f"0 && ({text[start:end]})", "branch never taken")
            yield Mutation(start, end, f"1 || ({text[start:end]})", "branch always taken")
        if rest.strip() and not DECLARATION.match(rest) and not LAST_RETURN.match(code, statement.start):
            kind = "barrier" if BARRIER.fullmatch(rest.strip()) else "statement deleted"
            yield Mutation(statement.start, statement.end, "\n" * rest.count("\n"), kind)
    for pattern, others, kind in SWAPS:
        for found in pattern.finditer(code):
            for other in others:
                yield Mutation(*found.span(), found.expand(other), kind)


def code_lines(text):
    """Numbers of the lines that can be broken."""
    lines = without_silent(code_of(text)).splitlines()
    return [number for number, line in enumerate(lines, 1) if re.search(r"\w", line)]


def draw(sources, seed):
    """All mutations of sources, which are texts by name, in an order that a seed gives.

    Each time a line is drawn from all lines of code, so each file comes in proportion to its lines; then one of the
    line's mutations that were not drawn yet.
    """
    chance = random.Random(seed)
    known = {}
    for name, text in sources.items():
        for mutation in mutations(text):
            known.setdefault((name, mutation.line(text)), []).append(mutation)
    lines = [(name, line) for name, text in sources.items() for line in code_lines(text)]
    while any(known.values()):
        at = chance.choice(lines)
        if known.get(at):
            yield at[0], known[at].pop(chance.randrange(len(known[at])))
