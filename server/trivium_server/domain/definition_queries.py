"""What counts as a definition in each grammar: tree-sitter queries, one text per language.

A pattern captures the definition under its kind (`@class`, `@function`, `@constant`, …), its name
as `@name` where a plain field holds it, and as `@container` the type a method belongs to when the
grammar does not nest it there. A function inside a class becomes a method in `definitions`. What
is captured as `@_body` stands behind the definition and belongs to it.
The first pattern that matches a name decides its kind; captures that begin with `_` are only
asked about. Knows nothing of texts or chunks.
"""

from __future__ import annotations

_JAVASCRIPT = """
(class_declaration name: (_) @name) @class
[(function_declaration name: (_) @name) (generator_function_declaration name: (_) @name)] @function
(method_definition name: (_) @name) @function
(variable_declarator name: (identifier) @name value: (class)) @class
(variable_declarator name: (identifier) @name
  value: [(arrow_function) (function_expression) (generator_function)]) @function
(assignment_expression left: (identifier) @name right: [(function_expression) (class)]) @function
(assignment_expression
  left: (member_expression object: (_) @container property: (_) @name)
  right: [(arrow_function) (function_expression) (class)
    (assignment_expression right: [(arrow_function) (function_expression) (class)])]) @function
(assignment_expression left: (member_expression property: (_) @_exports)
  right: (class name: (_) @name) (#eq? @_exports "exports")) @class
(assignment_expression left: (member_expression property: (_) @_exports)
  right: (function_expression name: (_) @name) (#eq? @_exports "exports")) @function
(program (expression_statement (assignment_expression
  left: (member_expression object: (identifier) @_exports property: (_) @name)
  (#eq? @_exports "exports")) @variable))
(pair key: (property_identifier) @name
  value: [(arrow_function) (function_expression)]) @function
(program (_ (variable_declarator name: (identifier) @name !value) @variable))
(program (_ (variable_declarator name: (identifier) @name value: (_) @_value) @variable)
  (#not-match? @_value "^(await )?(require|import)\\\\b"))
(program [
  (lexical_declaration (variable_declarator value: (object (pair key: (_) @name) @constant)))
  (export_statement (lexical_declaration (variable_declarator value: (object
    (pair key: (_) @name) @constant))))])
(export_statement (lexical_declaration (variable_declarator name: (identifier) @name) @variable))
(export_statement (lexical_declaration (variable_declarator
  name: (object_pattern (shorthand_property_identifier_pattern) @name))) @variable)
"""

_TYPESCRIPT = (
    """
(abstract_class_declaration name: (_) @name) @class
(interface_declaration name: (_) @name) @interface
(enum_declaration name: (_) @name) @enum
(type_alias_declaration name: (_) @name) @type
(internal_module name: (_) @name) @module
(module name: (_) @name) @module
(abstract_method_signature name: (_) @name) @function
(function_signature name: (_) @name) @function
[(method_signature name: (_) @name)
 (public_field_definition name: (_) @name
   value: [(arrow_function) (function_expression)])] @function
(public_field_definition name: (_) @name) @field
(interface_body (property_signature name: (_) @name) @field)
(type_alias_declaration value: [
  (object_type (property_signature name: (_) @name) @field)
  (union_type (object_type (property_signature name: (_) @name) @field))
  (intersection_type (object_type (property_signature name: (_) @name) @field))])
(required_parameter (accessibility_modifier) pattern: (identifier) @name) @field
(enum_body [name: (_) @name @member (enum_assignment name: (_) @name) @member])
(program (ambient_declaration (_ (variable_declarator name: (identifier) @name) @variable)))
(variable_declarator value: (as_expression (object (pair key: (_) @name) @constant)))
"""
    + _JAVASCRIPT
)

_C = """
(function_definition) @function
(translation_unit (declaration declarator: (function_declarator)) @function)
(translation_unit (declaration declarator: (pointer_declarator (function_declarator))) @function)
(preproc_ifdef (declaration declarator: (function_declarator)) @function)
(preproc_ifdef (declaration declarator: (pointer_declarator (function_declarator))) @function)
(declaration_list (declaration declarator: (function_declarator)) @function)
(struct_specifier name: (type_identifier) @name body: (_)) @struct
(union_specifier name: (_) @name body: (_)) @struct
(enum_specifier name: (_) @name body: (_)) @enum
(type_definition) @type
(preproc_function_def name: (_) @name) @macro
(preproc_def name: (_) @name value: (_)) @constant
(enumerator name: (_) @name) @member
(field_declaration declarator: [
  (field_identifier) @name
  (pointer_declarator declarator: (field_identifier) @name)
  (array_declarator declarator: (field_identifier) @name)
  (function_declarator declarator: (parenthesized_declarator
    (pointer_declarator declarator: (field_identifier) @name)))]) @field
"""
_C_VARIABLES = """
(SCOPE (declaration declarator: [
  (identifier) @name
  (array_declarator declarator: (identifier) @name)
  (pointer_declarator declarator: (identifier) @name)
  (init_declarator declarator: [
    (identifier) @name
    (array_declarator declarator: (identifier) @name)
    (pointer_declarator declarator: [
      (identifier) @name (array_declarator declarator: (identifier) @name)])
    (function_declarator declarator: (parenthesized_declarator
      (pointer_declarator declarator: (identifier) @name)))])]) @variable)
"""
_C += "".join(
    _C_VARIABLES.replace("SCOPE", scope)
    for scope in ("translation_unit", "preproc_ifdef", "declaration_list")
)

QUERIES: dict[str, str] = {
    "python": """
(class_definition name: (_) @name) @class
(function_definition name: (_) @name) @function
(type_alias_statement left: (_) @name) @type
(module (expression_statement (assignment left: (identifier) @name)) @variable)
(class_definition body: (block (expression_statement (assignment left: (identifier) @name)) @field))
""",
    "javascript": _JAVASCRIPT
    + """
(field_definition property: (_) @name
  value: [(arrow_function) (function_expression)]) @function
(field_definition property: (_) @name) @field
""",
    "typescript": _TYPESCRIPT,
    "typescriptreact": _TYPESCRIPT,
    "rust": """
[(function_item name: (_) @name) (function_signature_item name: (_) @name)] @function
[(struct_item name: (_) @name) (union_item name: (_) @name)] @struct
(enum_item name: (_) @name) @enum
(trait_item name: (_) @name) @interface
(impl_item type: (_) @name) @impl
(mod_item name: (_) @name body: (_)) @module
(type_item name: (_) @name) @type
(macro_definition name: (_) @name) @macro
[(const_item name: (_) @name) (static_item name: (_) @name)] @constant
(field_declaration name: (_) @name) @field
(enum_variant name: (_) @name) @member
""",
    "go": """
(function_declaration name: (_) @name) @function
(method_declaration
  receiver: (parameter_list (parameter_declaration type: (_) @container))
  name: (_) @name) @function
(type_spec name: (_) @name type: (struct_type)) @struct
(type_spec name: (_) @name type: (interface_type)) @interface
[(type_spec name: (_) @name) (type_alias name: (_) @name)] @type
(method_elem name: (_) @name) @function
(field_declaration name: (_) @name) @field
(source_file (const_declaration (const_spec name: (identifier) @name) @constant
  (#not-eq? @name "_")))
(source_file (var_declaration (var_spec name: (identifier) @name) @variable))
""",
    "java": """
[(class_declaration name: (_) @name) (record_declaration name: (_) @name)] @class
[(interface_declaration name: (_) @name) (annotation_type_declaration name: (_) @name)] @interface
(enum_declaration name: (_) @name) @enum
(method_declaration name: (_) @name) @function
[(constructor_declaration name: (_) @name)
 (compact_constructor_declaration name: (_) @name)] @constructor
(annotation_type_element_declaration name: (_) @name) @function
[(field_declaration declarator: (variable_declarator name: (_) @name))
 (constant_declaration declarator: (variable_declarator name: (_) @name))] @field
(record_declaration parameters: (formal_parameters (formal_parameter name: (_) @name) @field))
(enum_constant name: (_) @name) @member
""",
    "c": _C,
    # A test is named by what its macro is given, not by the macro (`TEST_F(Suite, Name) {`).
    "cpp": _C.replace(
        "(function_definition) @function",
        """((function_definition declarator: (_) @_test) @function
  (#not-match? @_test "^([A-Z]+_)*TEST(_[A-Z]+)*[ ]*[(]"))""",
    )
    + """
((function_definition declarator: (function_declarator declarator: (identifier) @_test
  parameters: (parameter_list . (parameter_declaration type: (type_identifier) @container)
    . (parameter_declaration type: (type_identifier) @name) .))) @function
  (#match? @_test "^([A-Z]+_)*TEST(_[A-Z]+)?$"))
((function_definition declarator: (function_declarator declarator: (identifier) @_test
  parameters: (parameter_list . (parameter_declaration type: (type_identifier) @name)))) @function
  (#match? @_test "^([A-Z]+_)*TEST_CASE(_[A-Z]+)?$"))
((expression_statement (call_expression function: (identifier) @_test arguments: [
  (argument_list . (string_literal (string_content) @name))
  (argument_list . (identifier) . (string_literal (string_content) @name))])) @function
  . (compound_statement) @_body
  (#match? @_test "^([A-Z]+_)*(TEST_CASE|SCENARIO)(_[A-Z]+)?$"))
(class_specifier name: (type_identifier) @name body: (_)) @class
(namespace_definition name: (_) @name) @module
(field_declaration declarator: [
  (function_declarator) (pointer_declarator (function_declarator))
  (reference_declarator (function_declarator))]) @function
(field_declaration_list (declaration declarator: (function_declarator)) @function)
(alias_declaration name: (_) @name) @type
(concept_definition name: (_) @name) @interface
""",
    "csharp": """
[(class_declaration name: (_) @name) (record_declaration name: (_) @name)] @class
(struct_declaration name: (_) @name) @struct
(interface_declaration name: (_) @name) @interface
(enum_declaration name: (_) @name) @enum
(namespace_declaration name: (_) @name) @module
(method_declaration name: (_) @name) @function
(constructor_declaration name: (_) @name) @constructor
(property_declaration name: (_) @name) @property
(delegate_declaration name: (_) @name) @type
[(field_declaration (variable_declaration (variable_declarator name: (_) @name)))
 (event_field_declaration (variable_declaration (variable_declarator name: (_) @name)))
 (event_declaration name: (_) @name)] @field
(record_declaration (parameter_list (parameter name: (_) @name) @field))
(enum_member_declaration name: (_) @name) @member
""",
    "ruby": """
(class name: (_) @name) @class
(module name: (_) @name) @module
[(method name: (_) @name) (singleton_method name: (_) @name)] @function
(assignment left: (constant) @name) @constant
(alias name: (_) @name) @function
(call method: (identifier) @_defines
  arguments: (argument_list . [(simple_symbol) @name (string (string_content) @name)])
  (#match? @_defines "^(alias_method|define_method|task|scope)$")) @function
(call method: (identifier) @_defines
  arguments: (argument_list . (pair key: (hash_key_symbol) @name))
  (#eq? @_defines "task")) @function
(call method: (identifier) @_defines
  arguments: (argument_list [(simple_symbol) @name (string (string_content) @name)])
  (#match? @_defines "^([cm]?attr_(reader|writer|accessor)|class_attribute)$")) @field
(call method: (identifier) @_defines
  arguments: (argument_list . (simple_symbol) @name)
  (#match? @_defines "^(has_many|has_one|belongs_to|has_and_belongs_to_many)$")) @field
(call method: (identifier) @_defines
  arguments: (argument_list . [(simple_symbol) @name (string (string_content) @name)])
  (#eq? @_defines "create_table")) @type
""",
    "php": """
(class_declaration name: (_) @name) @class
(trait_declaration name: (_) @name) @class
(interface_declaration name: (_) @name) @interface
(enum_declaration name: (_) @name) @enum
[(function_definition name: (_) @name) (method_declaration name: (_) @name)] @function
(program (const_declaration (const_element . (name) @name)) @constant)
(namespace_definition (compound_statement
  (const_declaration (const_element . (name) @name)) @constant))
(const_declaration (const_element . (name) @name)) @field
(function_call_expression function: (name) @_define
  arguments: (arguments . (argument (_ (string_content) @name)))
  (#eq? @_define "define")) @constant
(property_declaration (property_element name: (variable_name (name) @name))) @field
(property_promotion_parameter name: (variable_name (name) @name)) @field
(enum_case name: (_) @name) @member
""",
    "shellscript": """
(function_definition name: (_) @name) @function
(program [
  (variable_assignment name: (variable_name) @name)
  (declaration_command (variable_assignment name: (variable_name) @name))] @variable)
""",
    "kotlin": """
(class_declaration name: (_) @name) @class
(object_declaration name: (_) @name) @class
(companion_object) @class
(function_declaration name: (_) @name) @function
(secondary_constructor) @constructor
(type_alias) @type
(source_file (property_declaration (variable_declaration (identifier) @name)) @variable)
(class_body (property_declaration (variable_declaration (identifier) @name) (getter)) @property)
(class_body (property_declaration (variable_declaration (identifier) @name)) @field)
(class_parameter ["val" "var"] (identifier) @name) @field
(enum_entry (identifier) @name) @member
""",
    "scala": """
[(class_definition name: (_) @name) (object_definition name: (_) @name)] @class
(trait_definition name: (_) @name) @interface
(enum_definition name: (_) @name) @enum
(package_object name: (_) @name) @module
[(function_definition name: (_) @name) (function_declaration name: (_) @name)] @function
(type_definition name: (_) @name) @type
(given_definition name: (_) @name) @constant
(compilation_unit (val_definition pattern: (identifier) @name) @constant)
(template_body [
  (val_definition pattern: (identifier) @name) (var_definition pattern: (identifier) @name)
  (val_declaration name: (_) @name) (var_declaration name: (_) @name)] @field)
(class_parameter ["val" "var"] name: (_) @name) @field
(class_definition "case" class_parameters: (class_parameters
  (class_parameter name: (_) @name) @field))
[(simple_enum_case name: (_) @name) (full_enum_case name: (_) @name)] @member
""",
    "swift": """
(class_declaration name: (_) @name) @class
(protocol_declaration name: (_) @name) @interface
[(function_declaration name: (simple_identifier) @name)
 (protocol_function_declaration name: (simple_identifier) @name)] @function
(init_declaration) @constructor
[(typealias_declaration name: (type_identifier) @name)
 (associatedtype_declaration name: (type_identifier) @name)] @type
(property_declaration name: (pattern bound_identifier: (_) @name) computed_value: (_)) @property
(source_file (property_declaration name: (pattern bound_identifier: (_) @name)) @variable)
(class_body (property_declaration name: (pattern bound_identifier: (_) @name)) @field)
(protocol_property_declaration name: (pattern bound_identifier: (_) @name)) @field
(enum_entry name: (simple_identifier) @name) @member
""",
    "markdown": """
(section (atx_heading (inline) @name)) @section
(setext_heading (paragraph) @name) @section
""",
}
