/*
 * The handoff protocol as one writes it for Spin: the arbiter, the NIC and the guests of actors/, by hand. It
 * must have exactly the states and the steps of src/check (test/spin/spin.test.ts counts both). So each
 * delivery of a message, and each move of an actor's own, is one indivisible step here, and each choice in it
 * an alternative.
 */

/* What the explored world can do, as in src/check/bodies/contract.ts: spin -DGUESTS=2 -DPASSED=1 ... */
#ifndef GUESTS
#define GUESTS 2
#endif
/* Who is next: the longest waiting; in a circle; anybody, in no order; anybody, though they wait in one. */
#define FIFO 0
#define ROUND_ROBIN 1
#define FAIR_SHARE 2
#define ANY 3
#ifndef POLICY
#define POLICY FIFO
#endif
/* Operations that a guest may pass through under one epoch. */
#ifndef PASSED
#define PASSED 0
#endif
/* So many of the guests transmit. */
#ifndef TRANSMITTERS
#define TRANSMITTERS 0
#endif
#ifndef FRAMES
#define FRAMES 0
#endif
/* So many of the guests are frail: they halt, end and fail; are ended by others; die. The card dies. */
#ifndef FRAIL
#define FRAIL GUESTS
#endif
#ifndef ENDINGS
#define ENDINGS 0
#endif
#ifndef FAULTS
#define FAULTS 0
#endif
#ifndef CRASHES
#define CRASHES 0
#endif
#ifndef CARD_LOSS
#define CARD_LOSS 0
#endif
/* Guests without the card may want it to receive: as soon as they have lost it, or whenever a frame is held for them. */
#define NOTHING 0
#define LISTENING 1
#define ARRIVAL 2
#ifndef RECEIVE
#define RECEIVE NOTHING
#endif
/* Some exits need no card. */
#ifndef PLATFORM
#define PLATFORM 0
#endif

/* A defect put in on purpose. */
#define LAX_NIC 1
#define HASTY_NIC 2
#define TRUSTING_ARBITER 3
#define RECKLESS_ARBITER 4
#define GREEDY_ARBITER 5
#define FORGETFUL_ARBITER 6
#define IMPATIENT_GUEST 7
#define DEAF_GUEST 8
#define DROPPING_ARBITER 9
#ifndef MUTANT
#define MUTANT 0
#endif

#define NOBODY GUESTS
#define UNKNOWN 255

mtype = {
  /* From a guest to the card, and back: under an epoch. */
  WRITE, READ, SYNC, DONE, REFUSED_WRITE, REFUSED,
  /* From a guest to the arbiter, and back. */
  EXIT, PLATFORM_EXIT, REVOKED, ENDED, GRANT, REVOKE, RESUME, INJECT, MACHINE_CHECK,
  /* From the arbiter to the card, and back: the fence, the VMM's sequences, events. */
  OPEN, DRAIN, CLOSE, RESTORE, TRAP, INTERRUPT, QUIESCE, SAVE, RESET, ANSWER, DRAINED, IRQ, CARD_LOST,
  /* States of a guest: of its processor, of its hold on the card; what it waits for. */
  RUNNING, WAITING_CARD, WAITING_ARBITER, HALTED, FINISHED, CRASHED, DEAD,
  AWAY, HELD, YIELDING,
  PENDING, REFUSED_BEFORE, SYNCING,
  /* States of the NIC: of the fence, of the PHY and the transmitter. */
  CLOSED, OPENED, DRAINING,
  IDLE, QUEUED, SENDING,
  /* States of the arbiter. */
  FREE, RESTORING, GRANTING, WATCHING, SERVING, UPDATING, REVOKING, REVOKING_UPDATING,
  CLOSING, FENCING, QUIESCING, SETTLING, SAVING, WEDGED, RESETTING, LOST,
  /* What the model says of the card; what else a trap may be. */
  REUSABLE, COMPLETING, PROGRAMMING, FATAL
};

/* Room in each channel; a message too many is an error. */
#if PASSED > 0
#define ROOM_CARD (PASSED + 1)
#else
#define ROOM_CARD 1
#endif
#define ROOM_ARBITER 4
#if TRANSMITTERS || FRAMES || RECEIVE == ARRIVAL
#define ROOM_GUEST 10
#define ROOM_VMM 4
#else
#define ROOM_GUEST 5
#define ROOM_VMM 2
#endif

/*
 * A kind, and what it carries: most often an epoch. REVOKED carries an epoch and the number of operations
 * issued.
 */
chan guestToNic[GUESTS] = [ROOM_CARD] of { mtype, byte };
chan nicToGuest[GUESTS] = [ROOM_CARD] of { mtype, byte };
chan guestToArbiter[GUESTS] = [ROOM_ARBITER] of { mtype, byte, byte };
chan arbiterToGuest[GUESTS] = [ROOM_GUEST] of { mtype, byte };
chan nicToArbiter = [ROOM_VMM] of { mtype, byte };

/* From the arbiter to the NIC there is never more than one message; the first is there from the beginning. */
typedef Order {
  mtype kind = RESET;
  byte argument
};
Order order;

inline send(channel, what, detail) {
  assert(nfull(channel));
  channel ! what(detail)
}

/* An operation of its own goes to the card under this epoch. */
#define UNDER_WAY(of, under) (guestToNic[of] ?? [WRITE, eval(under)] || guestToNic[of] ?? [READ, eval(under)])

typedef GuestState {
  mtype cpu = RUNNING;
  mtype card = AWAY;
  byte epoch;
  /*
   * Operations sent to the card under its epoch; writes not known to be done, and the epoch they went under.
   */
  byte issued;
  byte posted;
  byte postedEpoch;
  /* The program waits for an operation to be done. */
  bool pending;
  byte refused;
  mtype inFlight
};
GuestState guest[GUESTS];

#define IS_OVER(one) (guest[one].cpu == FINISHED || guest[one].cpu == CRASHED || guest[one].cpu == DEAD)

typedef NicState {
  bool dead;
  mtype fence = CLOSED;
  byte epoch;
  /* Operations executed under its epoch; and how many the closing fence waits for. */
  byte executed;
  byte awaited;
  mtype phy = IDLE;
  mtype transmitter = IDLE;
  bool status;
  byte armedFor = NOBODY
};
NicState nic;

/* What the arbiter knows of a guest. */
typedef Desk {
  bool exit;
  bool ended;
  bool interrupt;
  bool injected;
  /* The epoch under which it was fenced off, as long as it has not acknowledged that. */
  byte silent
};
Desk desk[GUESTS];

typedef ArbiterState {
  mtype stage = RESETTING;
  byte owner = NOBODY;
  byte epoch;
  bool line;
  bool lineIdle;
  /* What the owner has issued, once it says so. */
  byte issued = UNKNOWN;
  mtype phase = REUSABLE;
  /* What the card was asked to do; what becomes of the model by the trap under way. */
  mtype awaited = RESET;
  mtype trapped;
  /*
   * The owner has the card again only to finish something; it is being taken from it; its ownership ended by
   * force.
   */
  bool lent;
  bool taken;
  bool forced
};
ArbiterState arbiter;
chan wants = [GUESTS] of { byte };
/* Round robin: whose turn it is before whose. */
byte turns[GUESTS];

/* The processes are there from the beginning; but round robin may begin with anybody's turn. */
#if POLICY == ROUND_ROBIN
#define BEGINS
#define GUESTS_BEGIN
#define ME (_pid - 1)
#else
#define BEGINS active
#define GUESTS_BEGIN active [GUESTS]
#define ME _pid
#endif

/* The message that is looked at, and other things that nobody remembers. */
hidden mtype kind;
hidden byte carried, count, one;

#include "epochs.pml"
#include "guest.pml"
#include "nic.pml"
#include "arbiter.pml"

#if POLICY == ROUND_ROBIN
init {
  byte first, i;
  atomic {
    select (first : 0 .. GUESTS - 1);
    for (i : 0 .. GUESTS - 1) {
      turns[i] = (first + i) % GUESTS;
      run Guest()
    }
    run Nic();
    run Arbiter();
    first = 0;
    i = 0
  }
}
#endif
