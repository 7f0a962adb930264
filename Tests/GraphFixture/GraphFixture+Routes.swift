// The graphs of the fixture, one for each kind of node and for each way in which it can fail.
import Martlet
import SwiftProtobuf

extension GraphFixture {
  @RoutesBuilder var chains: Routes {
    Route(Front.chain) {
      Self.ask.on("small")
      Self.ask.on("large")
    }
    Route(Front.choose) {
      Switch(on: Item.text) {
        Case("small") { Self.ask.on("small") }
        Case("large", "huge") { Self.ask.on("large") }
      }
    }
    Route(Front.compare) {
      Switch(on: Item.score) {
        Case(..<0.5) { Self.ask.on("small") }
        Case(0.5..<0.8) { Self.ask.on("large") }
        Default { Self.ask.on("huge") }
      }
    }
    Route(Front.each) {
      ForEach(Item.parts, into: Item.grades) { Graphs_V1_Grader.grade.on("grader") }
      Self.ask.on("small")
    }
    Route(Front.eachSkipping) {
      ForEach(Item.parts, into: Item.grades, parallelism: 1) {
        Graphs_V1_Grader.grade.on("grader").skippingErrors()
      }
    }
    Route(Front.relayed) { Self.ask.on("relay") }
    Route(Front.extra) {
      Switch(on: Item.extra) {
        Case(.note) { Self.ask.on("small") }
        Case(.loosePart) { Self.ask.on("large") }
        Default { Self.ask.on("huge") }
      }
    }
    Route(Front.followed) {
      Self.ask.on("small")
      Switch(on: Item.extra) {
        Case(.note) { Graphs_V1_Feed.count.on("feed") }
        Case(.loosePart) {
          Self.ask.on("small")
          Graphs_V1_Feed.count.on("feed").named("counter")
          Graphs_V1_Feed.talk.on("feed")
        }
        Default { Self.ask.on("small").asStream }
      }
    }
  }

  @RoutesBuilder var ensembles: Routes {
    Route(Front.vote) { three(.vote(Item.score)) }
    Route(Front.mean) { three(.mean(Item.number, Item.score)) }
    Route(Front.weighted) {
      three(.weightedMean(Item.number, Item.score, weights: [1, 2, 5]))
    }
    Route(Front.largest) { three(.max(by: Item.number)) }
    Route(Front.merged) { three(.merge) }
    Route(Front.judged) { three(.call(Graphs_V1_Panel.judge, on: "panel")) }
    Route(Front.fastest) {
      Ensemble(combine: .first) {
        Self.ask.on("slow")
        Self.ask.on("broken")
        Self.ask.on("small")
      }
    }
    Route(Front.collected) {
      Ensemble(collect: Item.answers) {
        Self.ask.on("small")
        Self.ask.on("large")
      }
    }
    Route(Front.quorum) {
      Ensemble(combine: .merge, quorum: 2) {
        Self.ask.on("small")
        Self.ask.on("broken")
        Self.ask.on("slow")
      }
    }
    Route(Front.noQuorum) {
      Ensemble(combine: .merge, quorum: 2) {
        Self.ask.on("small")
        Self.ask.on("broken")
        Self.ask.on("broken")
      }
    }
  }

  private func three(
    _ combiner: Combiner<Graphs_V1_Item, Graphs_V1_Item>
  ) -> Ensemble<Graphs_V1_Item, Graphs_V1_Item> {
    Ensemble(combine: combiner) {
      Self.ask.on("small")
      Self.ask.on("large")
      Self.ask.on("huge")
    }
  }

  @RoutesBuilder var otherWays: Routes {
    Route(Front.rescued) {
      Fallback {
        Self.ask.on("slow").timeout(.milliseconds(100))
        Self.ask.on("broken")
        Self.ask.on("small")
      }
    }
    Route(Front.hopeless) {
      Fallback {
        Self.ask.on("slow").timeout(.milliseconds(50))
        Self.ask.on("broken")
      }
    }
    Route(Front.hedged) { Hedge(after: .milliseconds(50)) { Self.ask.on("slow") } }
    Route(Front.counted) {
      While(Item.number, is: ..<5, max: 10) { Self.ask.on("small") }
    }
    Route(Front.repeated) {
      RepeatUntil(Item.number, is: 3..., max: 10) { Self.ask.on("small") }
    }
    Route(Front.endless) {
      While(Item.number, is: ..<100, max: 4) { Self.ask.on("small") }
    }
    Route(Front.mirrored) {
      Mirror(Self.ask, on: "large")
      Mirror(Self.ask, on: "broken")
      Self.ask.on("small")
    }
    Route(Front.split) {
      Splitter(by: Item.text) {
        Share(30) { Self.ask.on("small") }
        Share(70) { Self.ask.on("large") }
      }
    }
    Route(Front.splitByUser) {
      Splitter(byMetadata: "user") {
        Share(50) { Self.ask.on("small") }
        Share(50) { Self.ask.on("large") }
      }
    }
  }

  @RoutesBuilder var options: Routes {
    Route(Front.late) { Self.ask.on("slow").timeout(.milliseconds(100)).named("judge") }
    Route(Front.retried) { Self.ask.on("flaky").retry(attempts: 3) }
    Route(Front.givenUp) { Self.ask.on("flaky").retry(attempts: 2).named("first try") }
    Route(Front.skipped) {
      Self.ask.on("broken").skippingErrors()
      Self.ask.on("small")
    }
    Route(Front.excused) {
      Self.ask.on("broken").onError(.with { $0.text = "sorry" })
      Self.ask.on("small")
    }
  }
}
