// Which failures are told of again.
import MartletNet
import Testing

@Suite struct ToldFailuresTests {
  @Test func theSameFailureIsToldOnceUntilSomethingSucceeds() {
    var told = ToldFailures()
    let texts = ["refused", "refused", "unknown authority", "refused"]
    let news = texts.map { told.isNew($0) }
    #expect(news == [true, false, true, false])
    told.succeeded()
    let again = told.isNew("refused")
    #expect(again)
  }

  @Test func variationsHaveAnEnd() {
    var told = ToldFailures()
    let news = (0..<100).map { told.isNew("\($0)") }
    #expect(news.count { $0 } == 8)
  }
}
