"""JSON texts of `everything.v1.Everything`, good and bad, by what they are about."""

import json

INTEGERS = {
    "int32": (-2**31, 2**31 - 1), "int64": (-2**63, 2**63 - 1), "uint32": (0, 2**32 - 1),
    "uint64": (0, 2**64 - 1), "sint32": (-2**31, 2**31 - 1), "sint64": (-2**63, 2**63 - 1),
    "fixed32": (0, 2**32 - 1), "fixed64": (0, 2**64 - 1), "sfixed32": (-2**31, 2**31 - 1),
    "sfixed64": (-2**63, 2**63 - 1),
}


def integers():
    for name, (least, most) in INTEGERS.items():
        for value in (least, most, least - 1, most + 1):
            yield f'{{"{name}": {value}}}'
            yield f'{{"{name}": "{value}"}}'
        for value in ("0", "-0", "7", "1e2", "1.5e1", "5.0", "5.5", "true", "[]", "{}", '""', '"x"',
                      '" 5"', '"5 "', '"0x10"', '"+5"', "null", "01", "1e400"):
            yield f'{{"{name}": {value}}}'


# Integers of 64 bits with a point or an exponent: exact, whatever a double would make of them.
WIDE = {
    "int64": {
        "9007199254740993.0": 2**53 + 1, "90071992547409930e-1": 2**53 + 1, "9223372036854775807.0": 2**63 - 1,
        "9.223372036854775807e18": 2**63 - 1, "-9223372036854775808.000": -2**63,
        "922337203685477580.7E+1": 2**63 - 1, "1e18": 10**18, "0.000e-5": 0, "0e400": 0, "10.0e-1": 1,
    },
    "uint64": {
        "18446744073709551615.0": 2**64 - 1, "1.8446744073709551615e19": 2**64 - 1,
        "184467440737095516150e-1": 2**64 - 1, "1e19": 10**19, "-0.0": 0,
    },
}
TOO_WIDE = {
    "int64": ["9223372036854775808.0", "9223372036854775807.5", "9.2233720368547758071e18", "1e19", "-1e19",
              "1e-1", "1e2147483648", "1e99999999999999999999", "1e-99999999999999999999", "0.1e0"],
    "uint64": ["18446744073709551616.0", "1.8446744073709551616e19", "-1.0", "1e20", "18446744073709551615.5"],
}


def wide():
    for name, values in WIDE.items():
        for text in values:
            yield f'{{"{name}": {text}}}'
            yield f'{{"{name}": "{text}"}}'
    for name, values in TOO_WIDE.items():
        for text in values:
            yield f'{{"{name}": {text}}}'
            yield f'{{"{name}": "{text}"}}'


def floats():
    values = ("0", "-0.0", "1.5", "-1e10", '"1.5"', '"NaN"', '"Infinity"', '"-Infinity"', '"inf"', '"nan"',
              '""', '"x"', "true", "[]", "null", "1e-37", "3.4e38", "123456789.123456789",
              '"1e5"', '" 1"', "0.1", "1e21", "16777217", "100000000000000000000")
    for name in ("float", "double"):
        for value in values:
            yield f'{{"{name}": {value}}}'
    # As floats these two are spelled in more ways than one, so they are asked of doubles only.
    yield '{"double": 1e-45}'
    yield '{"double": 5e-324}'
    yield '{"double": 1.7976931348623157e308}'
    yield '{"double": 1e309}'
    yield '{"double": -1e309}'
    yield '{"float": 3.5e38}'


def others():
    for value in ("true", "false", "null", '"true"', "0", "1", "[]", "{}"):
        yield f'{{"bool": {value}}}'
    for value in ('""', '"a"', '"\\u00e9\\n\\t\\"\\\\\\/"', '"\\ud83d\\ude00"', '"\\ud83d"', '"\\ude00"', '"é😀"',
                  '"\\u0000"', '"\\u2028"', "5", "true", "null", "[]", "{}", '"\\x"', '"\\u12"'):
        yield f'{{"string": {value}}}'
    for value in ('""', '"AP8="', '"AP8"', '"-_-_"', '"+/+/"', '"A"', '"A==="', '"AAA!"', '"AA=="', "5", "null",
                  '[]', '"AB=="'):
        yield f'{{"bytes": {value}}}'
    for value in ('"COLOR_RED"', "1", "2", "99", "-1", '"COLOR_GREEN"', '"color_red"', "null", "1.0", "1.5",
                  '""', "true", "[]", '"1"', "2147483648", "COLOR_RED"):
        yield f'{{"color": {value}}}'
    for value in ('"ALIASED_FIRST"', '"ALIASED_SECOND"', "1"):
        yield f'{{"aliased": {value}}}'
    for value in ("{}", "null", '{"number": 5}', '{"inner": {"inner": {"text": "deep"}}}', "[]", "5", '"x"',
                  '{"numbr": 5}', '{"number": "x"}'):
        yield f'{{"inner": {value}}}'
    for value in ("0", "5", "null", '"5"'):
        yield f'{{"optionalInt32": {value}}}'
    yield '{"optionalString": ""}'
    yield '{"optionalColor": "COLOR_UNSPECIFIED"}'


def names():
    for name in ("underScoredName", "under_scored_name", "another name", "renamed", "name3d", "name3D", "Led",
                 "_led", "led", "UnderScoredName", "nothing", "", "int32 "):
        yield f'{{"{name}": "x"}}'
    yield '{"underScoredName": "a", "under_scored_name": "b"}'
    yield '{"string": "a", "string": "b"}'
    yield '{"@type": "x"}'


def lists():
    good = {"int32List": "1", "int64List": '"1"', "doubleList": "0.5", "boolList": "true",
            "stringList": '"a"', "bytesList": '"AA=="', "colorList": '"COLOR_RED"',
            "innerList": '{"number": 1}', "valueList": "null", "timestampList": '"1970-01-01T00:00:00Z"'}
    for name, element in good.items():
        for value in ("[]", "null", f"[{element}]", f"[{element}, {element}]", element, f"[[{element}]]",
                      f"[{element}, null]", "{}", f"[{element},]"):
            yield f'{{"{name}": {value}}}'


def maps():
    keys = {"byString": ["a", "", "é", "1"], "byInt32": ["1", "-1", "x", "", "1.0", "2147483648", " 1", "01"],
            "byInt64": ["9223372036854775807", "9223372036854775808", "-5"],
            "byUint32": ["4294967295", "-1"], "byUint64": ["18446744073709551615", "18446744073709551616"],
            "bySint32": ["-2147483648", "-2147483649"], "byFixed64": ["7", "x"],
            "byBool": ["true", "false", "True", "1", ""]}
    for name, found in keys.items():
        for key in found:
            yield json.dumps({name: {key: "v"}})
        yield json.dumps({name: {}})
        yield json.dumps({name: None})
        yield json.dumps({name: []})
        yield json.dumps({name: {found[0]: None}})
        yield json.dumps({name: {found[0]: 5}})
    yield '{"byInt32": {"1": "a", "2": "b", "-3": "c"}}'
    yield '{"byString": {"a": "1", "a": "2"}}'
    yield '{"innerByString": {"a": {"number": 1}, "b": {}}}'
    yield '{"innerByString": {"a": null}}'
    yield '{"colorByString": {"a": "COLOR_RED", "b": 2, "c": 99}}'
    yield '{"colorByString": {"a": "COLOR_GREEN"}}'
    yield '{"doubleByString": {"a": "NaN", "b": 1.5}}'
    yield '{"durationByString": {"a": "1.5s"}}'


def oneofs():
    yield '{"chosenNumber": 0}'
    yield '{"chosenText": ""}'
    yield '{"chosenInner": {}}'
    yield '{"chosenNull": null}'
    yield '{"chosenNull": "NULL_VALUE"}'
    yield '{"chosenNumber": 1, "chosenText": "x"}'
    yield '{"chosenNumber": null, "chosenText": "x"}'
    yield '{"chosenText": "x", "chosenNumber": null}'
    yield '{"chosenNumber": null}'
    yield '{"chosenInner": null}'


def times():
    for value in (
            "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.5Z", "1970-01-01T00:00:00.123456789Z",
            "1970-01-01T00:00:00.000000001Z", "1970-01-01T00:00:00.100Z", "1970-01-01T00:00:00.000100Z",
            "2016-02-29T23:59:59Z", "2015-02-29T00:00:00Z", "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59.999999999Z", "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z",
            "1970-01-01T01:00:00+01:00", "1969-12-31T23:30:00-00:30", "1970-01-01T00:00:00",
            "1970-01-01 00:00:00Z", "1970-01-01T00:00:00z", "1970-01-01t00:00:00Z", "1970-13-01T00:00:00Z",
            "1970-01-32T00:00:00Z", "1970-01-01T24:00:00Z", "1970-01-01T00:60:00Z", "1970-01-01T00:00:61Z",
            "1970-01-01T00:00:00.1234567891Z", "1970-01-01T00:00:00.Z", "", "now", "1970-1-1T00:00:00Z",
            "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"):
        yield json.dumps({"timestamp": value})
    for value in ("null", "5", "{}", '{"seconds": 5}'):
        yield f'{{"timestamp": {value}}}'
    for value in (
            "0s", "1s", "-1s", "1.5s", "-1.5s", "-0.5s", "0.000000001s", "-0.000000001s", "1.000s", "1.000100s",
            "315576000000s", "-315576000000s", "315576000001s", "-315576000001s", "315576000000.999999999s",
            "1", "1ms", "s", "", "1.5.5s", "1.1234567891s", "+1s", " 1s", "1 s", "1e3s", "-s", "0x1s", ".5s",
            "5.s"):
        yield json.dumps({"duration": value})
    for value in ("null", "5", "{}"):
        yield f'{{"duration": {value}}}'


def well_known():
    for value in ("", "a", "a,b", "fooBar", "fooBar.bazQux,b", "a.b.c", "foo_bar", "FooBar", "a,,b", "a, b"):
        yield json.dumps({"mask": value})
    for value in ("null", "5", "[]", "{}"):
        yield f'{{"mask": {value}}}'
    for value in ("{}", '{"a": null}', '{"a": 1, "b": [1, {"c": true}], "d": "x"}', "null", "[]", "5",
                  '{"a": {"b": {"c": {}}}}', '{"fields": {}}'):
        yield f'{{"struct": {value}}}'
    for value in ("null", "true", "1.5", '"x"', "[]", "[null, 1]", "{}", '{"a": [1]}', "1e400", '"NaN"', "-0.0"):
        yield f'{{"value": {value}}}'
    for value in ("[]", "[null]", '[1, "a", [], {}]', "null", "{}", "5"):
        yield f'{{"list": {value}}}'
    for value in ("null", '"NULL_VALUE"', "0", "1", '"x"'):
        yield f'{{"null": {value}}}'
    for value in ("{}", "null", "[]", '{"a": 1}'):
        yield f'{{"empty": {value}}}'
    for name, good, bad in (
            ("doubleValue", ["1.5", '"NaN"', "0"], ['"x"', "{}"]), ("floatValue", ["1.5", "0"], ["true"]),
            ("int64Value", ['"5"', "5", "0"], ["5.5", '"x"']), ("uint64Value", ['"5"'], ["-1"]),
            ("int32Value", ["5", '"5"', "0"], ["2147483648"]), ("uint32Value", ["5"], ["-1"]),
            ("boolValue", ["true", "false"], ["1", '"true"']), ("stringValue", ['"x"', '""'], ["5"]),
            ("bytesValue", ['"AP8="', '""'], ["5"])):
        for value in [*good, *bad, "null"]:
            yield f'{{"{name}": {value}}}'
    url = "type.googleapis.com"
    for value in (
            f'{{"@type": "{url}/everything.v1.Inner", "number": 5, "text": "x"}}',
            f'{{"number": 5, "@type": "{url}/everything.v1.Inner"}}',
            f'{{"@type": "{url}/everything.v1.Inner"}}',
            f'{{"@type": "{url}/google.protobuf.Duration", "value": "1.5s"}}',
            f'{{"@type": "{url}/google.protobuf.Timestamp", "value": "1970-01-01T00:00:00Z"}}',
            f'{{"@type": "{url}/google.protobuf.Struct", "value": {{"a": 1}}}}',
            f'{{"@type": "{url}/google.protobuf.Int32Value", "value": 5}}',
            f'{{"@type": "{url}/google.protobuf.Value", "value": [1, null]}}',
            f'{{"@type": "{url}/google.protobuf.Any", "value": '
            f'{{"@type": "{url}/everything.v1.Inner", "number": 1}}}}',
            f'{{"@type": "{url}/everything.v1.Nothing"}}', '{"number": 5}', '{"@type": 5}', '{"@type": ""}',
            f'{{"@type": "{url}/everything.v1.Inner", "numbr": 5}}', "null", "[]", "5",
            '{"@type": "example.com/everything.v1.Inner", "number": 5}'):
        yield f'{{"any": {value}}}'


def texts():
    """JSON itself (RFC 8259)."""
    yield from (
        "{}", " {} ", "\t\n\r{}", "", "null", "[]", "5", '"x"', "{", "}", '{"int32": 1', '{"int32" 1}',
        '{"int32": 1,}', "{'int32': 1}", '{int32: 1}', '{"int32": 1} x', '{"int32": 1}{}', '{"int32": +1}',
        '{"int32": .5}', '{"int32": 1.}', '{"int32": 0x1}', '{"int32": 1e}', '{"int32": --1}',
        '{"string": "a\nb"}', '{"string": "\x01"}', '{"bool": True}', '{"bool": tru}', '{"inner": {}}}',
        '/* a */ {}', '{"int32": 1 /* a */}', '\ufeff{}', '{"float": NaN}', '{"float": Infinity}',
        '{"float": -Infinity}', '{"inner": ' * 30 + "{}" + "}" * 30, '{"int32":1,"int64":"2"}')


def proto2():
    """Of `everything.v2.Older`."""
    for name, values in {
            "number": ("0", "42", "null", '"7"'), "text": ('""', '"grey"'),
            "shade": ('"SHADE_DARK"', "3", "4", "5", "0", "-1", '"SHADE_GREY"', "null"),
            "shades": ('["SHADE_DARK", 4]', "[3, 9]", "[]"), "packed": ('["SHADE_LIGHT", 3]', "[9]"),
            "parts": ('{"a": {"size": 1}, "b": {}}', '{"a": {"[everything.v2.top]": 1}}'),
            "chosenText": ('""',), "chosenShade": ('"SHADE_DARK"', "9"),
            "[everything.v2.top]": ("5", "0", "null", '"5"', '"x"', "[]"),
            "[everything.v2.tops]": ('["a", ""]', "[]", '"a"', "[null]"),
            "[everything.v2.top_shade]": ('"SHADE_DARK"', "4", "5"),
            "[everything.v2.Part.scoped]": ('{"size": 1}', "{}", "null", '{"siz": 1}'),
            "[everything.v2.Part]": ("{}",), "[everything.v2.scoped]": ("{}",), "[top]": ("1",), "top": ("1",),
            "[everything.v2.topShade]": ("3",), "everything.v2.top": ("5",), "[]": ("5",),
    }.items():
        for value in values:
            yield f'{{"{name}": {value}}}'
            yield f'{{"older": {{"{name}": {value}}}}}'
    yield '{"[everything.v2.top]": 1, "[everything.v2.top]": 2}'
    yield '{"[everything.v2.top]": 1, "number": 2, "[everything.v2.tops]": ["x"]}'


ABOUT = {
    "integers": integers, "wide integers": wide, "floats": floats, "others": others, "names": names, "lists": lists, "maps": maps,
    "oneofs": oneofs, "times": times, "well-known types": well_known, "texts": texts,
}

# What Python's library takes and we refuse, and why.
REFUSED = {
    "a number has no plus sign and no spaces around it (RFC 8259 section 6)": [
        *(f'{{"{name}": "+5"}}' for name in INTEGERS), '{"float": " 1"}', '{"double": " 1"}'],
    "only NaN, Infinity and -Infinity are names of numbers": [
        '{"float": "inf"}', '{"double": "inf"}'],
    "a boolean is not a number": [
        '{"float": true}', '{"double": true}', '{"floatValue": true}', '{"color": true}'],
    "an enum's value is its name or an integer": ['{"color": 1.5}', '{"color": "1"}'],
    "what is no digit of base64 is not left out": ['{"bytes": "AAA!"}'],
    "an array is not an object": ['{"inner": []}', '{"empty": []}', "[]"],
    "a field has one value, whichever of its names is used": [
        '{"underScoredName": "a", "under_scored_name": "b"}'],
    "a key is an integer as JSON spells them": ['{"byInt32": {"1.0": "v"}}'],
    "a time is RFC 3339": [
        '{"timestamp": "1970-01-01T00:00:00.Z"}', '{"timestamp": "1970-1-1T00:00:00Z"}'],
    "a duration has at most nine decimals, no spaces and no plus sign": [
        '{"duration": "1.1234567891s"}', '{"duration": "+1s"}', '{"duration": " 1s"}',
        '{"duration": "1 s"}', '{"duration": "5.s"}'],
    "no double is so large": ['{"value": 1e400}'],
    "a whole number is exact or refused": [
        f'{{"{name}": {mark}{text}{mark}}}' for name, texts in TOO_WIDE.items() for text in texts
        for mark in ("", '"')],
}

# What is as good as another text, although Python's library takes it for something else.
SAME = {
    # An empty path is none.
    '{"mask": "a,,b"}': '{"mask": "a,b"}',
    **{f'{{"{name}": {mark}{text}{mark}}}': f'{{"{name}": {value}}}'
       for name, values in WIDE.items() for text, value in values.items() for mark in ("", '"')},
}
