"""Swift graphs that must not compile: the wrong line is marked with `// !`, and what the compiler says there
has these words."""

GOOD = """
let _ = Route(Content_V1_Understanding.analyze) {
  Content_V1_Downloader.fetch.on("downloader").timeout(.seconds(1))
  Content_V1_Preprocessor.prepare.on("preprocessor")
  Content_V1_Detector.detect.on("detector")
  Hedge(after: .seconds(1)) {
    ForEach(Content_V1_Detections.fields.boxes, into: Content_V1_Detections.fields.labels) {
      Switch(on: Content_V1_Crop.fields.kind) {
        Case("looped", "round") { Content_V1_Classifier.classify.on("a") }
        Case("open") {
          Splitter {
            Share(90) { Content_V1_Classifier.classify.on("a") }
            Share(10) {
              Switch(on: Content_V1_Crop.fields.side) {
                Case(1, 2) { Content_V1_Classifier.classify.on("a") }
                Case(4...) {
                  Content_V1_Classifier.classify.on("a")
                  Switch(on: Content_V1_Label.fields.score) {
                    Case(..<0.5) { again }
                    Case(0.5..<0.8) {
                      again
                      again
                    }
                    Default { While(Content_V1_Label.fields.score, is: ..<0.5, max: 3) { again } }
                  }
                }
              }
            }
          }
        }
        Default {
          Ensemble(combine: .vote(Content_V1_Label.fields.object)) {
            Content_V1_Classifier.classify.on("c")
            Fallback {
              Content_V1_Classifier.classify.on("d")
              Ensemble(combine: .mean(Content_V1_Label.fields.score)) { Content_V1_Classifier.classify.on("e") }
            }
          }
        }
      }
    }
  }
  Mirror(Content_V1_Combiner.combine, on: "shadow")
  Content_V1_Combiner.combine.on("combiner")
}
let _ = Switch(on: Content_V1_Crop.fields.box.isSet) {
  Case(true) { Content_V1_Classifier.classify.on("a") }
  Default {
    Content_V1_Classifier.classify.on("b")
    FromRequest { Content_V1_Classifier.classify.on("c") }
  }
}
let _ = Route(streaming) { streaming.on("a") }
let _ = Route(streaming) {
  Switch(on: Content_V1_AnalyzeRequest.fields.url) {
    Case("a") { streaming.on("a") }
    Case("b") {
      Splitter {
        Share(50) { streaming.on("b") }
        Share(50) { Content_V1_Understanding.analyze.on("c").asStream }
      }
    }
    Default { streaming.route }
  }
}
let _ = Route(streaming) {
  Switch(on: Content_V1_AnalyzeRequest.fields.url) {
    Case("a") {
      Steps {
        Hedge(after: .seconds(1)) { Content_V1_Downloader.fetch.on("a") }
        Steps {
          Content_V1_Preprocessor.prepare.on("b")
          reading.on("c")
        }
      }
      .named("read")
    }
    Default { streaming.on("a") }
  }
}
let _ = ForEach(Content_V1_Detections.fields.boxes) {
  Steps {
    Ensemble(combine: .vote(Content_V1_Label.fields.score), quorum: 1) {
      for name in ["a", "b"] { Content_V1_Classifier.classify.on(name) }
      Steps {
        Content_V1_Classifier.classify.on("c")
        again
      }
      .timeout(.seconds(1))
    }
    While(stage, is: .typeBool, max: 3) { again }
    RepeatUntil(Content_V1_Label.fields.object.isSet, is: true, max: 3) { again }
  }
  .skippingErrors()
}
let _ = Splitter(by: Content_V1_Crop.fields.box.appending(Content_V1_Box.fields.x)) {
  for name in ["a", "b"] { Share(50) { Content_V1_Classifier.classify.on(name) } }
}
let _ = Map(Content_V1_Label.self, to: Content_V1_Crop.self) {
  Assign(Content_V1_Crop.fields.box, value: .with { $0.x = 1 })
  Assign(Content_V1_Crop.fields.box.appending(Content_V1_Box.fields.y), value: 5)
  Assign(Content_V1_Crop.fields.cells, value: [1, 2])
  Assign(Content_V1_Crop.fields.kind, from: stage.converted(to: String.self))
}
let _ = Switch(on: subject) {
  Case(.image) { Content_V1_Classifier.classify.on("a") }
  Default {
    Switch(on: subject) { Case(.note, .image) { Content_V1_Classifier.classify.on("b") } }
  }
}
"""

WRONG = {
    "steps that do not follow": ("""
let _ = Route(Content_V1_Understanding.analyze) {
  Content_V1_Downloader.fetch.on("a")
  Content_V1_Detector.detect.on("b")  // !
  Content_V1_Combiner.combine.on("c")
}""", "Content_V1_Page", "Content_V1_Document"),
    "a mirror of another type": ("""
let _ = Route(Content_V1_Downloader.fetch) {
  Content_V1_Downloader.fetch.on("a")
  Mirror(Content_V1_Detector.detect, on: "b")  // !
}""", "Content_V1_Page", "Content_V1_Document"),
    "a hedge that does not follow": ("""
let _ = Route(Content_V1_Understanding.analyze) {
  Hedge(after: .seconds(1)) { Content_V1_Downloader.fetch.on("a") }
  Hedge(after: .seconds(1)) { Content_V1_Detector.detect.on("a") }  // !
  Content_V1_Combiner.combine.on("c")
}""", "Content_V1_Page", "Content_V1_Document"),
    "a route that answers another type": ("""
let _ = Route(Content_V1_Understanding.analyze) {  // !
  Content_V1_Downloader.fetch.on("a")
  Content_V1_Preprocessor.prepare.on("b")
}""", "Content_V1_Page", "Content_V1_AnalyzeResponse"),
    "a route that takes another type": ("""
let _ = Route(Content_V1_Understanding.analyze) {
  Content_V1_Preprocessor.prepare.on("a")  // !
  Content_V1_Detector.detect.on("b")
  Content_V1_Combiner.combine.on("c")
}""", "Content_V1_Document", "Content_V1_AnalyzeRequest"),
    "a route without a step": ("""
let _ = Route(Content_V1_Understanding.analyze) {  // !
}""", "say at least one step"),
    "a method without a deployment": ("""
let _ = Route(Content_V1_Downloader.fetch) {
  Content_V1_Downloader.fetch  // !
}""", "say which deployment the step calls: .on("),
    "a stream where a message is to be": ("""
let _ = Route(Content_V1_Understanding.analyze) {  // !
  streaming.on("a")
}""", "StreamStep<Content_V1_AnalyzeRequest", "Step<Content_V1_AnalyzeRequest"),
    "a stream in the middle": ("""
let _ = Route(Content_V1_Understanding.analyze) {  // !
  streaming.on("a")
  Content_V1_Detector.detect.on("b")
  Content_V1_Combiner.combine.on("c")
}""", "a stream comes here, and the step takes one message"),
    "a message where a stream is to be": ("""
let _ = Route(streaming) {  // !
  Content_V1_Understanding.analyze.on("a")
  piping.on("b")
}""", "one message comes here, and the step takes a stream"),
    "a stream of another type": ("""
let _ = Route(streaming) {
  streaming.on("a")
  piping.on("b")  // !
}""", "Content_V1_Page", "Content_V1_AnalyzeResponse"),
    "a case that streams beside one that does not": ("""
let _ = Switch(on: Content_V1_AnalyzeRequest.fields.url) {
  Case("a") { streaming.on("a") }
  Case("b") { Content_V1_Understanding.analyze.on("b") }  // !
}""", "StreamEnd<Content_V1_AnalyzeRequest", "Step<Content_V1_AnalyzeRequest"),
    "cases that stream different types": ("""
let _ = Switch(on: Content_V1_AnalyzeRequest.fields.url) {
  Case("a") { streaming.on("a") }
  Default { labelling.on("b") }  // !
}""", "Content_V1_Label", "Content_V1_AnalyzeResponse"),
    "a case that takes a stream": ("""
let _ = Switch(on: Content_V1_Page.fields.width) {
  Case(1) { piping.on("a") }  // !
}""", "PipeEnd<Content_V1_Page"),
    "shares that stream different types": ("""
let _ = Splitter {
  Share(50) { streaming.on("a") }
  Share(50) { labelling.on("b") }  // !
}""", "Content_V1_Label", "Content_V1_AnalyzeResponse"),
    "a step after cases that stream": ("""
let _ = Route(streaming) {  // !
  Switch(on: Content_V1_AnalyzeRequest.fields.url) { Case("a") { streaming.on("a") } }
  Content_V1_Detector.detect.on("b")
}""", "nothing comes after a step that ends with a stream"),
    "cases that stream where a message is to be": ("""
let _ = Route(Content_V1_Understanding.analyze) {  // !
  Switch(on: Content_V1_AnalyzeRequest.fields.url) { Case("a") { streaming.on("a") } }
}""", "StreamEnd<Content_V1_AnalyzeRequest", "Step<Content_V1_AnalyzeRequest"),
    "cases of one message where a stream is to be": ("""
let _ = Route(streaming) {  // !
  Switch(on: Content_V1_AnalyzeRequest.fields.url) {
    Case("a") { Content_V1_Understanding.analyze.on("a") }
  }
}""", "StreamEnd<Content_V1_AnalyzeRequest", "Step<Content_V1_AnalyzeRequest"),
    "a case that is no member": ("""
let _ = Switch(on: subject) {
  Case(.image) { Content_V1_Classifier.classify.on("a") }
  Case(.sound) { Content_V1_Classifier.classify.on("b") }  // !
}""", "'sound'"),
    "a text for a member": ("""
let _ = Switch(on: subject) {
  Case("image") { Content_V1_Classifier.classify.on("a") }  // !
}""", "Subject"),
    "a oneof of another message": ("""
let _ = Route(Content_V1_Downloader.fetch) {
  Switch(on: subject) { Case(.image) { Content_V1_Classifier.classify.on("a") } }  // !
}""", "Content_V1_Crop", "Content_V1_AnalyzeRequest"),
    "whether a oneof is set": ("""
let _ = Switch(on: subject.isSet) {  // !
  Case(true) { Content_V1_Classifier.classify.on("a") }
}""", "isSet"),
    "a stream as a branch": ("""
let _ = Ensemble(combine: .merge) {
  Content_V1_Understanding.analyze.on("a")
  streaming.on("b")  // !
}""", "StreamStep<Content_V1_AnalyzeRequest"),
    "cases that answer different types": ("""
let _ = Switch(on: Content_V1_AnalyzeRequest.fields.url) {
  Case("a") { Content_V1_Downloader.fetch.on("a") }
  Case("b") { Content_V1_Understanding.analyze.on("b") }  // !
}""", "Content_V1_AnalyzeResponse", "Content_V1_Document"),
    "a default that answers another type": ("""
let _ = Switch(on: Content_V1_AnalyzeRequest.fields.url) {
  Case("a") { Content_V1_Downloader.fetch.on("a") }
  Default { Content_V1_Understanding.analyze.on("b") }  // !
}""", "Content_V1_AnalyzeResponse", "Content_V1_Document"),
    "a case that takes another type": ("""
let _ = Switch(on: Content_V1_AnalyzeRequest.fields.url) {
  Case("a") { Content_V1_Downloader.fetch.on("a") }
  Case("b") {
    Content_V1_Preprocessor.prepare.on("b")  // !
  }
}""", "Content_V1_Document", "Content_V1_AnalyzeRequest"),
    "a case after the default": ("""
let _ = Switch(on: Content_V1_AnalyzeRequest.fields.url) {
  Case("a") { Content_V1_Downloader.fetch.on("a") }
  Default { Content_V1_Downloader.fetch.on("b") }
  Case("c") { Content_V1_Downloader.fetch.on("c") }  // !
}""", "CasesWithDefault"),
    "a number for a text": ("""
let _ = Switch(on: Content_V1_Crop.fields.kind) {
  Case("a") { Content_V1_Classifier.classify.on("a") }
  Case(3) { Content_V1_Classifier.classify.on("b") }  // !
}""", "'Int'", "'String'"),
    "a text for a number": ("""
let _ = Switch(on: Content_V1_Crop.fields.side) {
  Case(1) { Content_V1_Classifier.classify.on("a") }
  Case("b") { Content_V1_Classifier.classify.on("b") }  // !
}""", "'String'", "'UInt32'"),
    "a range for a text": ("""
let _ = Switch(on: Content_V1_Crop.fields.kind) {
  Case(1..<3) { Content_V1_Classifier.classify.on("a") }  // !
}""", "'Range<Int>'", "'String'"),
    "a fraction that is to be equal": ("""
let _ = Switch(on: Content_V1_Label.fields.score) {
  Case(..<0.5) { again }
  Case(0.8) { again }  // !
}""", "say a range"),
    "a switch on a message": ("""
let _ = Switch(on: Content_V1_Crop.fields.box) {
  Case("a") { Content_V1_Classifier.classify.on("a") }  // !
}""", "the field of this switch is a message"),
    "a switch on a repeated field": ("""
let _ = Switch(on: Content_V1_Detections.fields.boxes) {
  Case("a") { Content_V1_Combiner.combine.on("a") }  // !
}""", "the field of this switch is repeated"),
    "for each of numbers": ("""
let _ = ForEach(Content_V1_Segment.fields.runs) {  // !
  Content_V1_Classifier.classify.on("a")
}""", "UInt32", "Message"),
    "for each of one message": ("""
let _ = ForEach(Content_V1_Crop.fields.box) {  // !
  Content_V1_Classifier.classify.on("a")
}""", "Content_V1_Box", "[Element]"),
    "a body that takes something else than the elements": ("""
let _ = ForEach(Content_V1_Detections.fields.boxes) {
  Content_V1_Detector.detect.on("a")  // !
}""", "Content_V1_Page", "Content_V1_Crop"),
    "answers for a field of another type": ("""
let _ = ForEach(Content_V1_Detections.fields.boxes, into: Content_V1_Detections.fields.segments) {  // !
  Content_V1_Classifier.classify.on("a")
}""", "Content_V1_Label", "Content_V1_Segment"),
    "branches that answer different types": ("""
let _ = Ensemble(combine: .merge) {
  Content_V1_Downloader.fetch.on("a")
  Content_V1_Understanding.analyze.on("b")  // !
}""", "Content_V1_AnalyzeResponse", "Content_V1_Document"),
    "branches of a fallback that take different types": ("""
let _ = Fallback {
  Content_V1_Downloader.fetch.on("a")
  Content_V1_Preprocessor.prepare.on("b")  // !
}""", "Content_V1_Document", "Content_V1_AnalyzeRequest"),
    "a branch without a deployment": ("""
let _ = Fallback {
  Content_V1_Downloader.fetch  // !
  Content_V1_Downloader.fetch.on("a")
}""", "say on which deployment the branch runs: .on("),
    "an ensemble without a branch": ("""
let _ = Ensemble<Content_V1_Crop, Content_V1_Label>(combine: .merge) {  // !
}""", "say at least one branch"),
    "a combiner of another type": ("""
let _ = Ensemble(combine: .vote(Content_V1_Crop.fields.kind)) {
  Content_V1_Classifier.classify.on("a")  // !
}""", "Content_V1_Label", "Content_V1_Crop"),
    "the mean of texts": ("""
let _ = Ensemble(combine: .mean(Content_V1_Label.fields.object)) {  // !
  Content_V1_Classifier.classify.on("a")
}""", "String", "AveragedValue"),
    "the weighted mean of texts": ("""
let _ = Ensemble(
  combine: .weightedMean(Content_V1_Label.fields.object, weights: [1])  // !
) {
  Content_V1_Classifier.classify.on("a")
}""", "String", "AveragedValue"),
    "the largest of texts": ("""
let _ = Ensemble(combine: .max(by: Content_V1_Label.fields.object)) {  // !
  Content_V1_Classifier.classify.on("a")
}""", "String", "Numeric"),
    "shares that answer different types": ("""
let _ = Splitter {
  Share(90) { Content_V1_Downloader.fetch.on("a") }
  Share(10) { Content_V1_Understanding.analyze.on("b") }  // !
}""", "Content_V1_AnalyzeResponse", "Content_V1_Document"),
    "a loop that changes the type": ("""
let _ = While(Content_V1_Document.fields.url, is: "", max: 3) {  // !
  Content_V1_Preprocessor.prepare.on("a")
}""", "Content_V1_Page", "Content_V1_Document"),
    "a loop until a number is a text": ("""
let _ = RepeatUntil(Content_V1_Label.fields.score, is: "good", max: 3) {  // !
  again
}""", "String", "NumberRange"),
    "an answer of another type for failures": ("""
let _ = Content_V1_Classifier.classify.on("a")
  .onError(Content_V1_Crop())  // !
""", "Content_V1_Crop", "Content_V1_Label"),
    "steps within steps that do not follow": ("""
let _ = Fallback {
  Content_V1_Downloader.fetch.on("a")
  Steps {
    Content_V1_Downloader.fetch.on("b")
    Content_V1_Detector.detect.on("c")  // !
  }
}""", "Content_V1_Page", "Content_V1_Document"),
    "steps that answer another type than a branch": ("""
let _ = Fallback {
  Content_V1_Downloader.fetch.on("a")
  Steps {  // !
    Content_V1_Downloader.fetch.on("b")
    Content_V1_Preprocessor.prepare.on("c")
  }
}""", "Content_V1_Page", "Content_V1_Document"),
    "a time for steps that stream": ("""
let _ = Steps { streaming.on("a") }.timeout(.seconds(1))  // !
""", "StreamEnd<Content_V1_AnalyzeRequest", "GraphStep"),
    "steps that take a stream": ("""
let _ = Route(bothWays) {
  Steps { piping.on("a") }  // !
}""", "PipeEnd<Content_V1_Page", "EndedSteps"),
    "steps that stream as a branch": ("""
let _ = Ensemble(combine: .merge) {
  Content_V1_Understanding.analyze.on("a")
  Steps { streaming.on("b") }  // !
}""", "StreamEnd<Content_V1_AnalyzeRequest"),
    "a loop over branches that answer another type": ("""
let _ = Fallback {
  Content_V1_Downloader.fetch.on("a")
  for name in ["b", "c"] {  // !
    Content_V1_Understanding.analyze.on(name)
  }
}""", "Content_V1_AnalyzeResponse", "Content_V1_Document"),
    "a loop over cases that answer another type": ("""
let _ = Switch(on: Content_V1_AnalyzeRequest.fields.url) {
  Case("a") { Content_V1_Downloader.fetch.on("a") }
  for name in ["b", "c"] {  // !
    Case(name) { Content_V1_Understanding.analyze.on(name) }
  }
}""", "Content_V1_AnalyzeResponse", "Content_V1_Document"),
    "a loop until an enum is what it cannot be": ("""
let _ = RepeatUntil(stage, is: .finished, max: 3) { again }  // !
""", "'finished'"),
    "a loop until an enum is a text": ("""
let _ = While(stage, is: "done", max: 3) { again }  // !
""", "String"),
    "for each of elements that are deeper": ("""
let _ = ForEach(nested) {  // !
  Content_V1_Classifier.classify.on("a")
}""", "NestedField", "OwnField"),
    "answers collected deeper": ("""
let _ = Ensemble(collect: nested) {  // !
  voting
}""", "NestedField", "OwnField"),
    "the mean of numbers that are deeper": ("""
let _ = Ensemble(combine: .mean(Content_V1_Crop.fields.box.appending(Content_V1_Box.fields.x))) {  // !
  cropping
}""", "NestedField", "OwnField"),
    "a vote on a message": ("""
let _ = Ensemble(combine: .vote(Content_V1_Crop.fields.box)) {  // !
  cropping
}""", "a vote is on a value, and the field is a message"),
    "a vote on a repeated field": ("""
let _ = Ensemble(combine: .vote(Content_V1_AnalyzeResponse.fields.objects)) {  // !
  Content_V1_Understanding.analyze.on("a")
}""", "a vote is on a value, and the field is repeated"),
    "a vote on whether a field is set": ("""
let _ = Ensemble(combine: .vote(Content_V1_Label.fields.object.isSet)) {  // !
  again
}""", "FieldIsSet", "FieldEnd"),
    "shares by a message": ("""
let _ = Splitter(by: Content_V1_Crop.fields.box) {  // !
  Share(100) { cropping }
}""", "a share goes by a value, and the field is a message"),
    "shares by a repeated field": ("""
let _ = Splitter(by: Content_V1_Detections.fields.boxes) {  // !
  Share(100) { Content_V1_Combiner.combine.on("a") }
}""", "a share goes by a value, and the field is repeated"),
    "a map that sets whether a field is set": ("""
let _ = Map(Content_V1_Label.self, to: Content_V1_Crop.self) {
  Assign(Content_V1_Crop.fields.box.isSet, value: true)  // !
}""", "FieldIsSet", "FieldEnd"),
    "a map that reads whether a field is set": ("""
let _ = Map(Content_V1_Label.self, to: Content_V1_Crop.self) {
  Assign(flag, from: Content_V1_Label.fields.object.isSet)  // !
}""", "FieldIsSet"),
    "a map of a number into one that does not hold it": ("""
let _ = Map(Content_V1_Page.self, to: Content_V1_Crop.self) {
  Assign(signed, from: Content_V1_Page.fields.width.converted(to: Int32.self))  // !
}""", "Int32", "UInt32Holder"),
    "a map of a number as it is into one of another type": ("""
let _ = Map(Content_V1_Label.self, to: Content_V1_Crop.self) {
  Assign(Content_V1_Crop.fields.side, from: Content_V1_Label.fields.score)  // !
}""", "the fields have different types"),
    "a map of a number of the request into one of another type": ("""
let _ = Map(Content_V1_Label.self, to: Content_V1_Crop.self) {
  Assign(Content_V1_Crop.fields.side, fromRequest: Content_V1_Label.fields.score)  // !
}""", "the fields have different types"),
    "a map of several values into one": ("""
let _ = Map(Content_V1_Segment.self, to: Content_V1_Crop.self) {
  Assign(Content_V1_Crop.fields.side, from: Content_V1_Segment.fields.runs)  // !
}""", "the fields have different types"),
    "a list of texts for numbers": ("""
let _ = Map(Content_V1_Label.self, to: Content_V1_Segment.self) {
  Assign(Content_V1_Segment.fields.runs, value: ["a"])  // !
}""", "the constant has another type than the field"),
    "a message of another type for a field": ("""
let _ = Map(Content_V1_Label.self, to: Content_V1_Crop.self) {
  Assign(Content_V1_Crop.fields.box, value: Content_V1_Label())  // !
}""", "the constant has another type than the field"),
    "a request of another type for a field": ("""
let _ = Map(Content_V1_Label.self, to: Content_V1_Crop.self) {
  Assign(Content_V1_Crop.fields.box, fromRequest: Content_V1_Label.self)  // !
}""", "Content_V1_Box", "Content_V1_Label"),
    "a wrong case deep within": ("""
let _ = Route(Content_V1_Understanding.analyze) {
  Content_V1_Downloader.fetch.on("downloader")
  Content_V1_Preprocessor.prepare.on("preprocessor")
  Content_V1_Detector.detect.on("detector")
  ForEach(Content_V1_Detections.fields.boxes) {
    Switch(on: Content_V1_Crop.fields.kind) {
      Case("looped") { Content_V1_Classifier.classify.on("a") }
      Case("open") {
        Content_V1_Detector.detect.on("b")  // !
      }
      Default { Content_V1_Classifier.classify.on("c") }
    }
  }
  Content_V1_Combiner.combine.on("combiner")
}""", "Content_V1_Page", "Content_V1_Crop"),
}
