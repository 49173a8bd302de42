/**
 * When what happens in a dialog and to its INVITE: a part of `session_test.ts`.
 *
 * @module
 */

/** By name; see `Expectations`. */
export const TIMELINES: Readonly<Record<string, string>> = {
  // §13.3.1.4: "The 2xx response is passed to the transport with an interval that starts at T1 seconds
  // and doubles for each retransmission until it reaches T2 seconds ... If the server retransmits the
  // 2xx response for 64*T1 seconds without receiving an ACK, the dialog is confirmed, but the session
  // SHOULD be terminated. This is accomplished with a BYE".
  "the 2xx is repeated until 64*T1, then the callee leaves": `
    [callee]
        0  accept           -> nothing
      500                   -> transmit
     1500                   -> transmit
     3500                   -> transmit
     7500                   -> transmit
    11500                   -> transmit
    15500                   -> transmit
    19500                   -> transmit
    23500                   -> transmit
    27500                   -> transmit
    31500                   -> transmit
    32000                   -> ackTimeout, bye
    32100  byeEnded         -> terminated`,
  "the 2xx is repeated with another table": `
    [callee fast]
       50  progress         -> nothing
     1000  accept           -> nothing
     1100                   -> transmit
     1300                   -> transmit
     1700                   -> transmit
     2500                   -> transmit
     4100                   -> transmit
     5700                   -> transmit
     7300                   -> transmit
     7400                   -> ackTimeout, bye
     7500  byeReceived      -> terminated`,
  // "Response retransmissions cease when an ACK request for the response is received."
  "the 2xx is repeated until the ACK": `
    [callee]
        0  accept           -> nothing
      500                   -> transmit
     1500                   -> transmit
     2000  ack              -> nothing
    90000  bye              -> bye
    90100  byeEnded         -> terminated`,
  "the callee that hung up before the ACK leaves with it": `
    [callee]
        0  accept           -> nothing
      500                   -> transmit
     1000  bye              -> nothing
     1500                   -> transmit
     2000  ack              -> bye
     2100  byeEnded         -> terminated`,
  "the callee that hung up leaves after 64*T1 without an ACK, with one BYE": `
    [callee]
        0  accept           -> nothing
      400  bye              -> nothing
      500                   -> transmit
     1500                   -> transmit
     3500                   -> transmit
     7500                   -> transmit
    11500                   -> transmit
    15500                   -> transmit
    19500                   -> transmit
    23500                   -> transmit
    27500                   -> transmit
    31500                   -> transmit
    32000                   -> ackTimeout, bye
    32100  ack              -> nothing
    32200  bye              -> nothing`,
  "the caller is warned of a missing ACK after half of the time that the callee has patience": `
    [caller]
      100  accept           -> nothing
    16100                   -> ackOverdue
    16200  ack              -> nothing
    16300  repeatedAccept   -> acknowledge`,
  "the warning of a missing ACK with another table": `
    [caller fast]
      100  accept           -> nothing
     3300                   -> ackOverdue`,
  "no warning after the ACK": `
    [caller]
      100  accept           -> nothing
    16099  ack              -> nothing`,
  "a session that is up has no timer": `
    [caller]
      100  progress         -> nothing
      200  accept           -> nothing
      300  ack              -> nothing
    800000  byeReceived      -> terminated`,
  // §14.1: "The rules for transmitting a re-INVITE and for generating an ACK for a 2xx response to
  // re-INVITE are the same as for the initial INVITE".
  "the callee invites again: as the caller did": `
    [callee]
        0  accept           -> nothing
      100  ack              -> nothing
     1000  reinvite         -> nothing
     2000  accept           -> nothing
    18000                   -> ackOverdue
    18100  ack              -> nothing
    18200  repeatedAccept   -> acknowledge
    18300  repeatedAccept   -> acknowledge`,
  "a re-INVITE may be refused, and another accepted": `
    [caller]
      100  accept           -> nothing
      200  ack              -> nothing
     1000  reinvite         -> nothing
     1100  reinviteRefused  -> nothing
     3500  reinvite         -> nothing
     4000  accept           -> nothing
     4100  ack              -> nothing
     5000  reinviteReceived -> nothing
     5100  reinviteRefused  -> nothing
     6000  reinviteReceived -> nothing
     6100  accept           -> nothing
     6600                   -> transmit
     6700  ack              -> nothing`,
  "the caller, invited again, repeats its 2xx at intervals that start at T1, each time anew": `
    [caller]
      100  accept           -> nothing
      200  ack              -> nothing
     1000  reinviteReceived -> nothing
     2000  accept           -> nothing
     2500                   -> transmit
     3500                   -> transmit
     5500                   -> transmit
     6000  ack              -> nothing
    10000  reinviteReceived -> nothing
    10000  accept           -> nothing
    10500                   -> transmit
    11500                   -> transmit
    11600  ack              -> nothing`,
  // §14.2: "If a UAS generates a 2xx response and never receives an ACK, it SHOULD generate a BYE to
  // terminate the dialog."
  "a re-INVITE whose 2xx gets no ACK ends the dialog": `
    [caller]
      100  accept           -> nothing
      200  ack              -> nothing
     1000  reinviteReceived -> nothing
     2000  accept           -> nothing
     2500                   -> transmit
     3500                   -> transmit
     5500                   -> transmit
     9500                   -> transmit
    13500                   -> transmit
    17500                   -> transmit
    21500                   -> transmit
    25500                   -> transmit
    29500                   -> transmit
    33500                   -> transmit
    34000                   -> ackTimeout, bye
    34100  byeEnded         -> terminated`,
  "a re-INVITE stands for the ACK to the 2xx before it": `
    [callee]
        0  accept           -> nothing
      500                   -> transmit
      600  reinviteReceived -> nothing
    60000  accept           -> nothing
    60500                   -> transmit
    60600  reinviteReceived -> nothing
    60700  reinviteRefused  -> nothing
    90000  bye              -> bye
    90100  byeEnded         -> terminated`,
  "the callee that hung up before the ACK leaves with a re-INVITE, too": `
    [callee]
        0  accept           -> nothing
      100  bye              -> nothing
      500                   -> transmit
      600  reinviteReceived -> bye
      700  byeEnded         -> terminated`,
  "whoever hangs up and owes the ACK to the 2xx of a re-INVITE sends it first": `
    [callee]
        0  accept           -> nothing
      100  ack              -> nothing
     1000  reinvite         -> nothing
     2000  accept           -> nothing
     3000  bye              -> acknowledge, bye
     3100  repeatedAccept   -> acknowledge
     3200  byeEnded         -> terminated`,
  "a BYE ends the repetition of the 2xx, of either side": `
    [caller]
      100  accept           -> nothing
      200  ack              -> nothing
     1000  reinviteReceived -> nothing
     2000  accept           -> nothing
     2500                   -> transmit
     3000  byeReceived      -> terminated`,
};
