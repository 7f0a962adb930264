// The session's own limits. What the house as a whole must know is in `Limits`.

/// Bounds on what a peer can make one session keep or do.
enum SessionBounds {
  /// Answers (SETTINGS ACK, PING ACK) that may wait for a peer which sends and does not read.
  /// nghttp2 allows 1,000; nobody honest has more than a few in flight.
  static let maxOutboundAcks = 128

  /// Streams we open before the peer's SETTINGS say how many it takes (RFC 9113 §6.5.2 advises
  /// peers to allow at least 100).
  static let streamsBeforeSettings: UInt32 = 100

  /// A window's credit goes back to nghttp2 when this fraction of the window has been consumed. With nghttp2's
  /// own threshold of a half the peer always keeps a quarter, and short requests cost no call.
  static let creditFraction = 4

  /// Memory of drained payload that a stream slot keeps for its next stream's small writes.
  static let maxSpareBytes = 4 << 10

  /// Copied payload is gathered in pieces of about this size.
  static let maxOwnPieceBytes = 16 << 10

  /// A DATA frame is cut to fit the rest of an output buffer unless less than this is left.
  static let minDataRoom = 256

  /// nghttp2's streams, frames and header copies are smaller than this; what is larger is made once
  /// for a connection.
  static let maxPooledPieceBytes = 512

  /// nghttp2's session itself. Where this, or one of the next two, is not what the installed version asks
  /// for, pieces only lie less well.
  static let sessionBytes = 2000...3040

  /// The buffer in which a session composes a frame: the largest payload, its header and padding.
  static let frameBufferBytes = (16 << 10)...(16 << 10) + 32

  /// What nghttp2 asks for a session's streams at first: 256 places of a hash table.
  static let streamTableBytes = 4096

  /// The kernel's unit of memory.
  static let pageBytes = 4096

  /// Sessions whose pages are asked for together.
  static let sessionsInBlock = 16

  /// Freed memory that the sessions of one thread keep for each other: some thousand streams' worth.
  static let maxPooledBytes = 2 << 20

  /// Emptied header blocks that a session keeps: as many trailers as are usually written together.
  static let maxSpareBlocks = 64

  /// Frames of any kind that may wait for a peer which sends and does not read, for each stream that it may
  /// have: a head, trailers, a reset and some credit, twice.
  static let maxQueuedFramesPerStream = 8

  /// Frames that may wait however few streams there may be: a peer that pauses is no attacker.
  static let leastQueuedFrames = 1000

  /// By how much a stranger's header section may exceed what was announced (`Limits.headerExcess`), with
  /// `maxContinuations` of them.
  static let headerExcess = 4

  /// The same for answers. A server that this process calls is no stranger, and a text of a megabyte must not cost
  /// the other calls their connection.
  static let answerExcess = 256

  /// Bytes of a string that nghttp2 takes in HPACK; with more the connection ends.
  static let maxHPACKStringBytes = (64 << 10) - 1

  /// What is kept of a longer one, for a text that is cut.
  static let keptStringBytes = 32 << 10

  /// A string that was cut stays longer than the table of 4 KiB, which it then empties as the whole one would.
  static let leastCutStringBytes = 4 << 10

  /// A status text as it is received, encoded. What goes on to a client is cut by the client's own limit.
  static let maxStatusTextBytes = 16 << 10

  /// Fields that say how a call went, other than the text.
  static let maxStatusFieldBytes = 4 << 10

  /// What a field may count beyond the bytes that its block keeps: a name that is known, a literal of the program
  /// and HPACK's 32.
  static let mostUncountedFieldBytes = 100

  /// Names of fields that were left out, and the bytes of each.
  static let maxNamesLeftOut = 16
  static let maxNameLeftOutBytes = 64

  /// CONTINUATIONs of one header section (CVE-2024-28182). Eight of the largest size make a section that
  /// is hostile by its length already; the rest is for those who cut finely.
  static let maxContinuations = 16

  /// nghttp2 counts each piece in which the header of a CONTINUATION comes; `maxContinuations` in
  /// pieces of one byte must pass.
  static let nghttp2MaxContinuations = 1024

  /// Gaps in a client's stream numbers that are remembered. Honest clients leave none.
  static let maxNumberGaps = 16

  /// Payload of SETTINGS: 32 values, as many as nghttp2 takes.
  static let maxSettingsBytes = 32 * 6

  /// Debug data of a peer's GOAWAY that is kept for logs; gRPC's words are shorter.
  static let maxDebugBytes = 256

  /// Stream slots of a new session; they double as needed, up to the concurrent streams allowed.
  static let initialSlots = 4
}
