"""Definitions by grammar: kind, name and what encloses them."""

import pytest

from trivium_server.domain import chunking, definitions, languages
from trivium_server.domain.definition_queries import QUERIES

CASES = {
    "python": (
        "X = 1\n@dec\nclass A(B):\n    def m(self):\n        def inner(): pass\n"
        "async def f(): pass\nclass E:\n    RED = 1\n    b: str\ndef half(: \n",
        "variable X, class A, method A.m, function A.m.inner, function f, class E, field E.RED, "
        "field E.b, function half",
    ),
    "javascript": (
        "export default class A { m() {} #p() {} h = () => 1; static s() {} }\n"
        "export const f = () => { return 1 }, q = 3;\nfunction g() {}\n"
        "A.prototype.k = function () {}\nconst o = { b: () => 1 }\n"
        "const keys = { kBoot: Symbol('boot') }\nreq.get = req.header = function () {}\n"
        "class B { x = 1; #y }\nmodule.exports = function main() {}\nexports.V = 1\n"
        "const fs = require('fs')\nexport const { on, off } = slice\n",
        "class A, method A.m, method A.p, method A.h, method A.s, function f, variable q, "
        "function g, method A.prototype.k, variable o, function o.b, variable keys, "
        "constant keys.kBoot, method req.get, method req.header, class B, field B.x, field B.y, "
        "method module.exports, function main, variable V, variable on, variable off",
    ),
    "typescript": (
        "export interface I<T> { m(): void }\nabstract class A { abstract m(): void }\n"
        "type T = string; enum E { A }\nnamespace N { export function f<T>(x: T) {} }\n"
        "declare function d(): void;\ndeclare const V: string;\ntype S = { s: number };\n"
        "interface O { t?: number }\nclass C { private c = 0; constructor(public h: string, "
        "n: number) {} }\n"
        "const k = { up: 1 } as const;\n",
        "interface I, method I.m, class A, method A.m, type T, enum E, member E.A, module N, "
        "function N.f, function d, variable V, type S, field S.s, interface O, field O.t, class C, "
        "field C.c, method C.constructor, field C.h, variable k, constant k.up",
    ),
    "typescriptreact": ("export function App() { return <div/> }\n", "function App"),
    "rust": (
        "pub struct Foo<T> { x: T }\nimpl<T> Show for Foo<T> { fn fmt(&self) {} }\n"
        "trait Tr { fn a(&self); }\nenum E { V, N { n: u8 } }\n"
        "impl Show for &'a Foo {}\nmod m { pub fn f() {} }\nmacro_rules! mm { () => {} }\n",
        "struct Foo, field Foo.x, impl Foo, method Foo.fmt, interface Tr, method Tr.a, enum E, "
        "member E.V, member E.N, field E.N.n, impl Foo, module m, "
        "function m.f, macro mm",
    ),
    "go": (
        "package p\nfunc F() {}\nfunc (r *Router[T]) Get(x int) {}\ntype S struct { a int; *E }\n"
        "type (I interface { M() }; U int)\nconst (A = 1; B = 2; _ = 3)\nvar x, y = 1, 2\n",
        "function F, method Router.Get, struct S, field S.a, interface I, method I.M, type U, "
        "constant A, constant B, variable x, variable y",
    ),
    "java": (
        "public class A<T> { A() {} void m() {} interface I { int N = 1; void x(); "
        "} record R(int x) {} "
        "private int a, b = 1; enum E { V { void f() {} } } @interface M { int v(); } }\n",
        "class A, constructor A.A, method A.m, interface A.I, field A.I.N, method A.I.x, "
        "class A.R, "
        "field A.R.x, field A.a, field A.b, enum A.E, member A.E.V, method A.E.V.f, "
        "interface A.M, method A.M.v",
    ),
    "c": (
        "#define X 1\nstatic int *f(int a) { return 0; }\nstruct S { int a; };\n"
        "typedef struct N { int b; } N;\ntypedef int (*cb)(int);\nint proto(void);\n"
        "enum E { V };\nstatic const int t[] = {1};\nextern int e, g;\nstruct P { char *p, n[4]; "
        "int (*o)(int); };\n",
        "constant X, function f, struct S, field S.a, type N, field N.b, type cb, function proto, "
        "enum E, member E.V, variable t, variable e, variable g, struct P, field P.p, field P.n, "
        "field P.o",
    ),
    "cpp": (
        "namespace a::b {\nclass V : W { public: V(); void m() const { } int z(); T &r(); int f_; "
        "};\n"
        "void V::n() {}\ntemplate <class T> Q<T, P<int>>::Q() {}\nconstexpr int k = 1;\n"
        "int &r() { return x; }\n}\nLIB_BEGIN_NAMESPACE\n"
        "class LIB_API W : V {\n  LIB_INLINE int f() { return 1; }\n};\n"
        "LIB_INLINE W::W(int n) {}\nLIB_HANDLE open_it(int a) { return 0; }\n"
        "template <> struct hash<W> { int z; };\nLIB_END_NAMESPACE\n",
        "module a.b, class a.b.V, method a.b.V.V, method a.b.V.m, method a.b.V.z, method a.b.V.r, "
        "field a.b.V.f_, method a.b.V.n, method a.b.Q.Q, variable a.b.k, function a.b.r, "
        "class W, method W.f, method W.W, function open_it, field z",
    ),
    "csharp": (
        "namespace N.M { class A { A() {} int P { get; set; } Task<int> F<T>() {} "
        "const int X = 1, Y; event H C; } enum E { V } record R(int Z); }\n",
        "module N.M, class N.M.A, constructor N.M.A.A, property N.M.A.P, method N.M.A.F, "
        "field N.M.A.X, field N.M.A.Y, field N.M.A.C, enum N.M.E, member N.M.E.V, class N.M.R, "
        "field N.M.R.Z",
    ),
    "ruby": (
        "module Rack\n  class Foo < Bar\n    X = 1\n    def m; end\n    def self.s; end\n"
        "    attr_reader :a, 'b'\n    alias_method :n, :m\n    alias o m\n"
        "  end\nend\nclass A::B; end\ntask :t\ntask u: :t\n",
        "module Rack, class Rack.Foo, constant Rack.Foo.X, method Rack.Foo.m, method Rack.Foo.s, "
        "field Rack.Foo.a, field Rack.Foo.b, method Rack.Foo.n, method Rack.Foo.o, class A.B, "
        "function t, function u",
    ),
    "php": (
        "<?php\nconst T = 1;\nclass C extends D { public function m() {} }\n"
        "function f() {} trait T {}\n"
        "class P { const X = 1; private ?int $a, $b; function __construct(private int $c, "
        "int $d) {} }\n"
        "enum E { case V; }\ndefine('OLD', 1);\n",
        "constant T, class C, method C.m, function f, class T, class P, field P.X, field P.a, "
        "field P.b, "
        "method P.__construct, field P.c, enum E, member E.V, constant OLD",
    ),
    "shellscript": (
        "f() { local x=1; }\nfunction g { echo; }\nV=1\nreadonly R=2\n",
        "function f, function g, variable V, variable R",
    ),
    "kotlin": (
        "class A(val x: Int) {\n    fun m() {\n    }\n    companion object {\n"
        "        fun c() {}\n    }\n}\nobject O {\n    val p = 1\n    val q: Int\n"
        "        get() = 1\n}\n"
        "fun String.ext(): Int = 1\nenum class E {\n    V\n}\n",
        "class A, field A.x, method A.m, class A.companion, method A.companion.c, class O, "
        "field O.p, "
        "property O.q, function ext, class E, member E.V",
    ),
    "scala": (
        "class A { def m = 1 }\nobject O { def x(): Int = 2 }\ntrait T { def y: Int; val z: Int }\n"
        "case class C(a: Int)\nclass D(val b: Int, c: Int)\nenum E { case V }\n",
        "class A, method A.m, class O, method O.x, interface T, method T.y, field T.z, class C, "
        "field C.a, class D, field D.b, enum E, member E.V",
    ),
    "swift": (
        "class A { func m() {} init() {} }\nstruct S {}\nprotocol P { func q() -> Int }\n"
        "func f(a: B) -> C {}\n"
        "typealias H = (Int) -> Void\nenum E { case v, w }\nlet g = 1\n"
        "class V { let a: Int; var b: Int { 1 } }\n",
        "class A, method A.m, constructor A.init, class S, interface P, method P.q, function f, "
        "type H, class E, member E.v, member E.w, variable g, class V, field V.a, property V.b",
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


def test_a_test_is_named_by_what_its_macro_is_given():
    text = (
        "int LATEST(int a) {}\nTEST_F(Suite, Runs) {\n  a();\n}\n"
        '// Why.\nTEST_CASE("it is a::b.c", "[x]") {\n  SECTION("s") { b(); }\n}\n'
        'TEST_CASE_METHOD(Fixture, "fits") { c(); }\nBOOST_AUTO_TEST_CASE(alone) { d(); }\n'
    )
    found = definitions.of_text(text, "cpp")
    assert shown(found) == (
        "function LATEST, method Suite.Runs, function it is a::b.c, function fits, function alone"
    )
    case = found[2]
    assert (
        text[case.full_start : case.end]
        == text[text.index("// Why") : text.index("TEST_CASE_M")].strip()
    )


def test_a_field_is_no_place_to_cut_a_chunk_at_and_gives_it_no_name():
    field = "    /** What it is. */\n    private int number = 1;\n\n"
    text = "class Numbers {\n" + field * 20 + "}\n"
    chunks = chunking.chunk(text, "Numbers.java", "java")
    assert len(chunks) > 1
    assert {each.symbol for each in chunks} == {"Numbers"}
    assert {name for each in chunks for name in each.names} == {"Numbers"}


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


@pytest.mark.parametrize(
    ("path", "text", "language"),
    [
        ("bin/deploy", "#!/usr/bin/env bash\n", "shellscript"),
        ("bin/run", "#!/usr/bin/env -S python3 -u\n", "python"),
        ("bin/run", "#!/usr/bin/shlock\n", ""),
        ("bin/run.rb", "#!/bin/sh\n", "ruby"),
        (".zshrc", "", "shellscript"),
        ("Gemfile", "", "ruby"),
        ("main.tf", "", "terraform"),
    ],
)
def test_a_script_is_of_the_language_of_what_runs_it(path, text, language):
    assert languages.of_file(path, text).id == language


def test_an_unknown_language_has_none():
    assert definitions.of_text("f is a function", "klingon") == []
