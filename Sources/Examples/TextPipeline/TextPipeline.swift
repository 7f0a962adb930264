// The text-pipeline app: goes on with a text, and each word is at the client as soon as it is made.
import Martlet

@main struct TextPipeline: Application {
  var deployments: Deployments {
    Deployment("tokenizer", Tokenizer.self)
      .idempotent()
      .resources(cpus: 0.1)
    Deployment("generator", Generator.self)
      .requestTimeout(.seconds(600))
      .resources(cpus: 0.5)
      .userConfig(["corpus": .string("corpus.txt"), "tokens_per_s": .integer(40)])
    Deployment("speller", Speller.self)
      .requestTimeout(.seconds(600))
      .resources(cpus: 0.1)
    Deployment("writer", Writer.self)
      .requestTimeout(.seconds(600))
      .resources(cpus: 0.1)
  }

  var routes: Routes {
    Route(Text_V1_Text.write) {
      Text_V1_Tokenizer.tokenize.on("tokenizer")
      Text_V1_Generator.generate.on("generator")
      Text_V1_Speller.spell.on("speller")
    }
    Route(Text_V1_Writer.self, to: "writer")
  }
}
