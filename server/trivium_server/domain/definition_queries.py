"""What counts as a definition in each grammar: tree-sitter queries, one text per language.

A pattern captures the definition under its kind (`@class`, `@function`, `@constant`, …), its name
as `@name` where a plain field holds it, and as `@container` the type a method belongs to when the
grammar does not nest it there. A function inside a class becomes a method in `definitions`.
The first pattern that matches a node decides its kind. Knows nothing of texts or chunks.
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
  right: [(arrow_function) (function_expression) (class)]) @function
(pair key: (property_identifier) @name
  value: [(arrow_function) (function_expression)]) @function
(program (lexical_declaration (variable_declarator name: (identifier) @name) @variable))
(program [
  (lexical_declaration (variable_declarator value: (object (pair key: (_) @name) @constant)))
  (export_statement (lexical_declaration (variable_declarator value: (object
    (pair key: (_) @name) @constant))))])
(program (variable_declaration (variable_declarator name: (identifier) @name) @variable))
(export_statement (lexical_declaration (variable_declarator name: (identifier) @name) @variable))
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
(public_field_definition name: (_) @name value: (arrow_function)) @function
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
"""

QUERIES: dict[str, str] = {
    "python": """
(class_definition name: (_) @name) @class
(function_definition name: (_) @name) @function
(type_alias_statement left: (_) @name) @type
(module (expression_statement (assignment left: (identifier) @name)) @variable)
""",
    "javascript": _JAVASCRIPT
    + """
(field_definition property: (_) @name value: (arrow_function)) @function
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
""",
    "go": """
(function_declaration name: (_) @name) @function
(method_declaration
  receiver: (parameter_list (parameter_declaration type: (_) @container))
  name: (_) @name) @function
(type_spec name: (_) @name type: (struct_type)) @struct
(type_spec name: (_) @name type: (interface_type)) @interface
[(type_spec name: (_) @name) (type_alias name: (_) @name)] @type
(source_file (const_declaration (const_spec name: (identifier) @name) @constant))
(source_file (var_declaration (var_spec name: (identifier) @name) @variable))
""",
    "java": """
[(class_declaration name: (_) @name) (record_declaration name: (_) @name)] @class
[(interface_declaration name: (_) @name) (annotation_type_declaration name: (_) @name)] @interface
(enum_declaration name: (_) @name) @enum
(method_declaration name: (_) @name) @function
[(constructor_declaration name: (_) @name)
 (compact_constructor_declaration name: (_) @name)] @constructor
""",
    "c": _C,
    "cpp": _C
    + """
(class_specifier name: (type_identifier) @name body: (_)) @class
(namespace_definition name: (_) @name) @module
[(field_declaration declarator: (function_declarator))
 (field_declaration_list (declaration declarator: (function_declarator)))] @function
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
""",
    "ruby": """
(class name: (_) @name) @class
(module name: (_) @name) @module
[(method name: (_) @name) (singleton_method name: (_) @name)] @function
(assignment left: (constant) @name) @constant
""",
    "php": """
(class_declaration name: (_) @name) @class
(trait_declaration name: (_) @name) @class
(interface_declaration name: (_) @name) @interface
(enum_declaration name: (_) @name) @enum
[(function_definition name: (_) @name) (method_declaration name: (_) @name)] @function
""",
    "shellscript": """
(function_definition name: (_) @name) @function
""",
    "kotlin": """
(class_declaration name: (_) @name) @class
(object_declaration name: (_) @name) @class
(companion_object) @class
(function_declaration name: (_) @name) @function
(secondary_constructor) @constructor
(type_alias) @type
(source_file (property_declaration (variable_declaration (identifier) @name)) @variable)
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
""",
    "swift": """
(class_declaration name: (_) @name) @class
(protocol_declaration name: (_) @name) @interface
[(function_declaration name: (_) @name) (protocol_function_declaration name: (_) @name)] @function
(init_declaration) @constructor
(typealias_declaration name: (_) @name) @type
""",
    "markdown": """
(section (atx_heading (inline) @name)) @section
(setext_heading (paragraph) @name) @section
""",
}
