// TLS on the command line: of the port that clients come to, within the mesh, and of servers that are called.

internal import ArgumentParser
internal import Glibc
internal import MartletCore
internal import MartletNet

/// `--tls-cert`, `--tls-key`, `--client-ca`, `--insecure` and `--cors-origin`.
struct PortSecurityOptions: ParsableArguments {
  @Option(
    name: .customLong("tls-cert"),
    help: ArgumentHelp(
      "Take TLS with this certificate chain (PEM, leaf first). Replaced files are used without a restart.",
      valueName: "file"))
  var certificate: String?

  @Option(
    name: .customLong("tls-key"),
    help: ArgumentHelp("The certificate's private key (PEM).", valueName: "file"))
  var key: String?

  @Option(
    name: .customLong("client-ca"),
    help: ArgumentHelp(
      "Let in only clients with a certificate from these authorities (PEM).", valueName: "file"))
  var clientCA: String?

  @Flag(help: "Take and speak plain text too, also at addresses on other machines.")
  var insecure = false

  @Option(
    name: .customLong("cors-origin"),
    help: ArgumentHelp(
      "Let pages of this origin in browsers call the port, such as https://app.example.org; * for all, without "
        + "credentials. May be given again; by default $MARTLET_CORS_ORIGINS, with commas.",
      valueName: "origin"))
  var origins: [String] = []

  func validate() throws {
    _ = try security()
  }

  /// With absolute paths.
  func security() throws -> PortSecurity {
    do throws(InvalidPortSecurity) {
      return try PortSecurity(
        certificate: certificate.map(Files.absolute), key: key.map(Files.absolute),
        clientCA: clientCA.map(Files.absolute), insecure: insecure,
        origins: AllowedOrigins(
          options: origins, variable: getenv(AllowedOrigins.variable).map { String(cString: $0) }))
    } catch {
      throw ValidationError("\(error)")
    }
  }

  /// The same as `security`, for a port on `endpoint`. Throws also when plain text must not be taken there and when
  /// the files cannot be used.
  func security(on endpoint: Endpoint) throws -> PortSecurity {
    let security = try security()
    do throws(InvalidPortSecurity) { try security.check(endpoint) } catch {
      throw Failure(Failure.usage, "\(error)")
    }
    do throws(RPCError) {
      if let files = security.tls { _ = try ServerTLS(files) }
    } catch {
      throw Failure(Failure.badFile, error.message)
    }
    return security
  }
}

/// `--mesh-cert`, `--mesh-key` and `--mesh-ca`, or the variables in their place.
struct MeshSecurityOptions: ParsableArguments {
  @Option(
    name: .customLong("mesh-cert"),
    help: ArgumentHelp(
      "Speak mutual TLS within the mesh at TCP addresses, with this certificate chain (PEM, leaf first); "
        + "by default $MARTLET_TLS_CERT. Replaced files are used without a restart.",
      valueName: "file"))
  var certificate: String?

  @Option(
    name: .customLong("mesh-key"),
    help: ArgumentHelp(
      "The certificate's private key (PEM); by default $MARTLET_TLS_KEY.", valueName: "file"))
  var key: String?

  @Option(
    name: .customLong("mesh-ca"),
    help: ArgumentHelp(
      "The authorities that issue this mesh's certificates, and no others (PEM); by default "
        + "$MARTLET_TLS_CA.", valueName: "file"))
  var authority: String?

  var isGiven: Bool { certificate != nil || key != nil || authority != nil }

  /// With absolute paths. Throws also when the files cannot be used, and when plain text would pass over a
  /// network at one of `endpoints`; `insecure` allows that as the variable does.
  func security(
    insecure: Bool = false, at endpoints: [Endpoint?] = []
  ) throws -> MeshSecurity {
    let given = [
      ReplicaVariable.certificate: certificate, ReplicaVariable.key: key,
      ReplicaVariable.authority: authority,
    ].compactMapValues { $0 }
    var security = MeshSecurity()
    do throws(InvalidPortSecurity) {
      security = try MeshSecurity { name in
        given[name] ?? getenv(name).map { String(cString: $0) }
      }.mapPaths(Files.absolute)
      security.insecure = security.insecure || insecure
      for case let endpoint? in endpoints { try security.check(endpoint) }
    } catch {
      throw Failure(Failure.usage, "\(error)")
    }
    do throws(RPCError) { _ = try MeshTLS(security) } catch {
      throw Failure(Failure.badFile, error.message)
    }
    return security
  }
}

/// Whom a command trusts at `https://` addresses, and who it says it is.
struct ClientSecurityOptions: ParsableArguments {
  @Option(
    name: .customLong("ca-cert"),
    help: ArgumentHelp(
      "At https:// addresses trust these authorities (PEM) instead of the system's.",
      valueName: "file"))
  var serverCA: String?

  @Option(
    help: ArgumentHelp("The own certificate chain for https:// (PEM).", valueName: "file"))
  var clientCert: String?

  @Option(help: ArgumentHelp("The own certificate's private key (PEM).", valueName: "file"))
  var clientKey: String?

  @Option(
    help: ArgumentHelp(
      "The name that the server's certificate must have; by default the address's host.",
      valueName: "name"))
  var serverName: String?

  func validate() throws {
    guard (clientCert == nil) == (clientKey == nil) else {
      throw ValidationError("--client-cert and --client-key go together")
    }
  }

  var files: ClientTLSFiles {
    ClientTLSFiles(
      serverCA: serverCA, certificate: clientCert, key: clientKey, serverName: serverName)
  }

  /// Options about TLS that nobody speaks are a mistake.
  func validate(for address: ServerAddress?) throws {
    guard address?.isSecure != true, files != ClientTLSFiles() else { return }
    throw ValidationError("--ca-cert and its like are for https:// addresses")
  }
}
