"""Definitions by grammar: kind, name and what encloses them."""

import pytest

from trivium_server.domain import definitions, languages
from trivium_server.domain.definition_queries import QUERIES

CASES = {
    "python": (
        "X = 1\n@dec\nclass A(B):\n    def m(self):\n        def inner(): pass\n"
        "async def f(): pass\ndef half(: \n",
        "variable X, class A, method A.m, function A.m.inner, function f, function half",
    ),
    "javascript": (
        "export default class A { m() {} #p() {} h = () => 1; static s() {} }\n"
        "export const f = () => { return 1 }, q = 3;\nfunction g() {}\n"
        "A.prototype.k = function () {}\nconst o = { b: () => 1 }\n"
        "const keys = { kBoot: Symbol('boot') }\n",
        "class A, method A.m, method A.p, method A.h, method A.s, function f, variable q, "
        "function g, method A.prototype.k, variable o, function o.b, variable keys, "
        "constant keys.kBoot",
    ),
    "typescript": (
        "export interface I<T> { m(): void }\nabstract class A { abstract m(): void }\n"
        "type T = string; enum E { A }\nnamespace N { export function f<T>(x: T) {} }\n"
        "declare function d(): void;\n",
        "interface I, class A, method A.m, type T, enum E, module N, function N.f, function d",
    ),
    "typescriptreact": ("export function App() { return <div/> }\n", "function App"),
    "rust": (
        "pub struct Foo<T> { x: T }\nimpl<T> Show for Foo<T> { fn fmt(&self) {} }\n"
        "trait Tr { fn a(&self); }\nmod m { pub fn f() {} }\nmacro_rules! mm { () => {} }\n",
        "struct Foo, impl Foo, method Foo.fmt, interface Tr, method Tr.a, module m, "
        "function m.f, macro mm",
    ),
    "go": (
        "package p\nfunc F() {}\nfunc (r *Router[T]) Get(x int) {}\ntype S struct { a int }\n"
        "type (I interface { M() }; U int)\nconst (A = 1; B = 2)\n",
        "function F, method Router.Get, struct S, interface I, type U, constant A, constant B",
    ),
    "java": (
        "public class A<T> { A() {} void m() {} interface I { void x(); } record R(int x) {} }\n",
        "class A, constructor A.A, method A.m, interface A.I, method A.I.x, class A.R",
    ),
    "c": (
        "#define X 1\nstatic int *f(int a) { return 0; }\nstruct S { int a; };\n"
        "typedef struct N { int b; } N;\ntypedef int (*cb)(int);\nint proto(void);\n",
        "constant X, function f, struct S, type N, type cb, function proto",
    ),
    "cpp": (
        "namespace a::b {\nclass V : W { public: void m() const { } int z(); };\n"
        "void V::n() {}\nint &r() { return x; }\n}\nLIB_BEGIN_NAMESPACE\n"
        "class LIB_API W : V {\n  LIB_INLINE int f() { return 1; }\n};\n"
        "LIB_INLINE W::W(int n) {}\nLIB_HANDLE open_it(int a) { return 0; }\n"
        "template <> struct hash<W> { int z; };\nLIB_END_NAMESPACE\n",
        "module a.b, class a.b.V, method a.b.V.m, method a.b.V.z, method a.b.V.n, function a.b.r, "
        "class W, method W.f, method W.W, function open_it",
    ),
    "csharp": (
        "namespace N.M { class A { A() {} int P { get; set; } Task<int> F<T>() {} } }\n",
        "module N.M, class N.M.A, constructor N.M.A.A, property N.M.A.P, method N.M.A.F",
    ),
    "ruby": (
        "module Rack\n  class Foo < Bar\n    X = 1\n    def m; end\n    def self.s; end\n"
        "  end\nend\nclass A::B; end\n",
        "module Rack, class Rack.Foo, constant Rack.Foo.X, method Rack.Foo.m, method Rack.Foo.s, "
        "class A.B",
    ),
    "php": (
        "<?php\nclass C extends D { public function m() {} }\nfunction f() {} trait T {}\n",
        "class C, method C.m, function f, class T",
    ),
    "shellscript": ("f() { echo; }\nfunction g { echo; }\n", "function f, function g"),
    "kotlin": (
        "class A(val x: Int) {\n    fun m() {\n    }\n    companion object {\n"
        "        fun c() {}\n    }\n}\nobject O {\n    val p = 1\n}\nfun String.ext(): Int = 1\n",
        "class A, method A.m, class A.companion, method A.companion.c, class O, function ext",
    ),
    "scala": (
        "class A { def m = 1 }\nobject O { def x(): Int = 2 }\ntrait T { def y: Int }\n",
        "class A, method A.m, class O, method O.x, interface T, method T.y",
    ),
    "swift": (
        "class A { func m() {} init() {} }\nstruct S {}\nprotocol P { func q() }\nfunc f() {}\n",
        "class A, method A.m, constructor A.init, class S, interface P, method P.q, function f",
    ),
    "markdown": (
        "# Title\ntext\n## Sub *one*\nmore\n# Next\n",
        "section Title, section Title.Sub *one*, section Next",
    ),
}


def shown(found):
    return ", ".join(f"{each.kind} {'.'.join((*each.container, each.name))}" for each in found)


@pytest.mark.parametrize(("language", "case"), CASES.items(), ids=CASES)
def test_definitions(language, case):
    text, expected = case
    found = definitions.of_text(text, language)
    assert shown(found) == expected
    for each in found:
        at = slice(each.name_start, each.name_start + len(each.name))
        assert text[at] == each.name or each.name == "companion"
        assert each.start <= each.name_start < each.end <= len(text)


def test_every_grammar_for_code_has_a_query():
    with_grammar = {each.id for each in languages.LANGUAGES if each.grammar}
    assert with_grammar - {"html", "css", "json"} == QUERIES.keys()
    assert CASES.keys() == QUERIES.keys()


@pytest.mark.parametrize(
    ("language", "text", "doc"),
    [
        ("python", "def f():\n    '''Größe of it.'''\n    return 1\n", "'''Größe of it.'''"),
        ("python", "# About f.\n@dec\ndef f(): pass\n", "# About f.\n"),
        ("python", "x = 1  # about x\ndef f(): pass\n", None),
        ("python", "# Apart.\n\ndef f(): pass\n", None),
        ("rust", "/// Doc.\n#[inline]\nfn f() {}\n", "/// Doc.\n"),
        ("rust", "#[inline]\n/// Doc.\nfn f() {}\n", "/// Doc.\n"),
        ("rust", "#[inline]\nfn f() {}\n", None),
        ("javascript", "/** Doc. */\nexport function f() {}\n", "/** Doc. */\n"),
        ("javascript", "/** Doc. */\n\na.f = function () {}\n", "/** Doc. */\n\n"),
        ("javascript", "/** Doc. */\nmodule.exports.f = () => 1\n", "/** Doc. */\n"),
        ("javascript", "/** Doc. */\n\na.b =\na.f = function () {}\n", "/** Doc. */\n\n"),
        ("javascript", "/** Apart. */\n\n/** Doc. */\n\nlet f = () => 1\n", "/** Doc. */\n\n"),
        ("javascript", "/** Apart. */\n\n\nfunction f() {}\n", None),
        ("javascript", "// Apart.\n\nfunction f() {}\n", None),
        ("java", "class A {\n  /** Doc. */\n\n  void f() {}\n}\n", "/** Doc. */\n\n  "),
        ("go", "// F does.\n// More.\nfunc f() {}\n", "// F does.\n// More.\n"),
    ],
)
def test_documentation(language, text, doc):
    (found,) = (each for each in definitions.of_text(text, language) if each.name == "f")
    assert (text[slice(*found.doc)] if found.doc else None) == doc


def test_decorators_and_exports_belong_to_the_definition():
    text = "@dec\n@other(1)\nclass A:\n    pass\n"
    assert definitions.of_text(text, "python")[0].start == 0
    assert definitions.of_text("#[a]\n#[b]\nfn f() {}\n", "rust")[0].start == 0
    assert definitions.of_text("export const f = () => 1;\n", "javascript")[0].start == 0


def test_an_unknown_language_has_none():
    assert definitions.of_text("f is a function", "klingon") == []
