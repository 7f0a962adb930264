// What a deployment's environment refers to.

import MartletCore
import Testing

@Suite struct EnvironmentReferencesTests {
  @Test(arguments: [
    ("/opt/bin:${PATH}", "/opt/bin:/bin"), ("${PATH}${_X1}", "/binone"), ("$PATH", "$PATH"),
    ("${GONE} ${PATH}", "${GONE} /bin"), ("$${PATH}", "${PATH}"), ("$$${PATH}", "$/bin"),
    ("$$$${PATH}", "$${PATH}"), ("$${GONE}", "${GONE}"), ("a$", "a$"), ("$$", "$$"), ("", ""),
    ("${}", "${}"), ("${1}", "${1}"), ("${a-b}", "${a-b}"), ("${PATH", "${PATH"),
    ("${${PATH}}", "${/bin}"),
    ("{PATH}", "{PATH}"), ("é${PATH}é", "é/biné"),
  ])
  func references(text: String, expected: String) {
    let variables = ["PATH": "/bin", "_X1": "one", "1": "no"]
    #expect(EnvironmentReferences.expand(text, from: variables) == expected)
  }
}
