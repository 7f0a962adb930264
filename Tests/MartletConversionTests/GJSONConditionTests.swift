// Facts about which of KServe's conditions a switch can ask.

import Testing

@testable import MartletConversion

@Suite struct GJSONConditionTests {
  @Test(arguments: [
    ("[@this].#(modelType==\"lgbm\")", "modelType", "lgbm"),
    ("[@this].#(source==client)", "source", "client"),
    ("[@this].#(a.b==3)", "a.b", "3"),
    ("[@this].#(sure==true)", "sure", "true"),
    ("[@this].#(sure = false)", "sure", "false"),
    ("[@this]|#(score>=0.8)", "score", ">= 0.8"),
    ("[@this].#(score<=0.8)", "score", "<= 0.8"),
    ("[@this].#(score<-1)", "score", "< -1"),
    ("[@this].#(score>1e3)", "score", "> 1e3"),
    ("[page.text].#(language==\"de\")", "page.text.language", "de"),
    ("[@this].#(page.title)", "has(page.title)", "true"),
    ("page.title", "has(page.title)", "true"),
    ("@this.page", "has(page)", "true"),
  ])
  func sayable(text: String, subject: String, caseText: String) throws {
    let condition = try GJSONCondition(text)
    #expect(condition.subject == subject)
    #expect(condition.caseText == caseText)
  }

  @Test func unequalIsWhatACaseLeaves() throws {
    let text = try GJSONCondition("[@this].#(kind!=\"open\")")
    #expect(text.caseText == nil)
    #expect(text.excludedText == "open")
    #expect(text.complement == nil)
    #expect(try GJSONCondition("[@this].#(n!=2)").complement == ["< 2", "> 2"])
    #expect(try GJSONCondition("[@this].#(sure!=true)").complement == ["false"])
  }

  @Test(arguments: [
    ("instances.#(intval>10)", "any element of the list instances"),
    ("[@this].#(predictions.0==\"dog\")", "predictions.0 looks into a list"),
    ("[@this].#(name%\"a*\")", "does not match patterns (%)"),
    ("[@this].#(name!%\"a*\")", "does not match patterns (!%)"),
    ("[@this].#(name>\"b\")", "compares numbers only"),
    ("[@this].#(name>b)", "compares numbers only"),
    ("[@this].#(n==null)", "no null"),
    ("[@this].#(n==~true)", "does not guess truth"),
    ("[@this].#(n==)", "value to compare with is missing"),
    ("[@this].#(n==\"a\\\"b\")", "has escapes"),
    ("[@this].#(n==1)#", "nothing before or after"),
    ("[@this].#(n==1).a", "nothing before or after"),
    ("a*.b", "is not a path of fields"),
    ("a..b", "is not a path of fields"),
    ("", "is not a path of fields"),
    ("items.#", "is not a path of fields"),
  ])
  func unsayable(text: String, reason: String) {
    do {
      let condition = try GJSONCondition(text)
      Issue.record("\(text) was read as \(condition)")
    } catch {
      #expect(error.reason.contains(reason), "\(error.reason)")
    }
  }
}
