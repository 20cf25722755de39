/*
 * A guest: any operation at any time, hooked or not whatever the bitmap says. Two rules keep its operations
 * in order: no trap while writes are under way, and refused writes first of all.
 */
#define self guest[ME]

inline trap(what, how) {
  /* In order: nothing of it is under way to the card. */
  assert(self.refused > 0 || !(guestToNic[ME] ?? [WRITE, _] || nicToGuest[ME] ?? [REFUSED_WRITE, _]));
  self.inFlight = what;
  self.cpu = WAITING_ARBITER;
  guestToArbiter[ME] ! how(NO_EPOCH, 0)
}

inline ask(what, how, under) {
  self.inFlight = what;
  self.cpu = WAITING_CARD;
  send(guestToNic[ME], how, under)
}

inline forgetPosted() {
  self.posted = 0;
  self.postedEpoch = NO_EPOCH;
  moved = true
}

inline takeAnswer() {
  self.cpu = RUNNING;
  if
  :: self.inFlight == REFUSED_BEFORE -> self.refused--
  :: self.inFlight == PENDING -> self.pending = false; forgetPosted()
  :: self.inFlight == SYNCING -> forgetPosted()
  fi;
  self.inFlight = 0
}

inline takeRefusal() {
  assert(self.cpu == WAITING_CARD);
  self.cpu = RUNNING;
  self.inFlight = 0;
  forgetPosted()
}

inline giveBack() {
  self.card = AWAY;
  guestToArbiter[ME] ! REVOKED(self.epoch, self.issued)
}

inline wake() {
  if
  :: self.cpu == HALTED -> self.cpu = RUNNING
  :: else
  fi
}

/* All that is left of a guest that is over is how it ended. */
inline forget() {
  self.epoch = NO_EPOCH;
  self.issued = 0;
  self.pending = false;
  self.refused = 0;
  self.inFlight = 0;
  forgetPosted()
}

inline end_as(how) {
  self.cpu = how;
  forget();
  guestToArbiter[ME] ! ENDED(NO_EPOCH, 0);
  nameMoved()
}

inline hearArbiter() {
  if
  :: IS_OVER(ME) -> moved = (kind == GRANT)
  :: !IS_OVER(ME) && kind == RESUME -> assert(self.cpu == WAITING_ARBITER); takeAnswer()
  :: !IS_OVER(ME) && kind == INJECT && carried -> wake()
  :: !IS_OVER(ME) && kind == GRANT -> self.card = HELD; self.epoch = carried; self.issued = 0; moved = true
  :: !IS_OVER(ME) && kind == REVOKE && self.card == HELD && self.cpu == WAITING_CARD -> self.card = YIELDING
  :: !IS_OVER(ME) && kind == REVOKE && self.card == HELD && self.cpu != WAITING_CARD -> giveBack()
  :: !IS_OVER(ME) && kind == REVOKE && self.card != HELD ->
    assert(self.card == AWAY && MUTANT != DEAF_GUEST);
    giveBack()
  :: !IS_OVER(ME) && kind == MACHINE_CHECK -> self.cpu = CRASHED; forget()
  :: else
  fi
}

inline hearCard() {
  if
  :: IS_OVER(ME)
  :: !IS_OVER(ME) && kind == REFUSED_WRITE -> self.refused++; wake()
  :: !IS_OVER(ME) && kind == REFUSED -> takeRefusal()
  :: !IS_OVER(ME) && kind == DONE -> assert(self.cpu == WAITING_CARD); takeAnswer()
  fi;
  if
  :: IS_OVER(ME)
  :: !IS_OVER(ME) && self.card == YIELDING && kind != REFUSED_WRITE -> giveBack()
  :: !IS_OVER(ME) && self.card == HELD && kind != DONE && carried == self.epoch -> self.card = AWAY
  :: else
  fi;
  moved = moved || kind != DONE
}

#define NEXT (self.cpu == RUNNING && self.refused == 0)
#define ENDS (ENDINGS && ME < FRAIL && NEXT && !self.pending)
#define CAN_PASS (NEXT && self.card == HELD && self.issued < PASSED)
/* Nothing that was posted must be done first, under an older epoch. */
#define IN_EPOCH (self.posted == 0 || self.postedEpoch == self.epoch)

#define MAY_TRAP (self.posted == 0 || MUTANT == IMPATIENT_GUEST)

GUESTS_BEGIN proctype Guest() {
end:
  do
  /* Its program: a write or a read passed through, or a trap; what was posted must be done first. */
  :: d_step { self.cpu == RUNNING && self.refused > 0 -> trap(REFUSED_BEFORE, EXIT) }
  :: d_step { CAN_PASS && IN_EPOCH ->
      self.pending = false;
      self.issued++;
      self.posted++;
      self.postedEpoch = self.epoch;
      send(guestToNic[ME], WRITE, self.epoch) }
  :: d_step { CAN_PASS && IN_EPOCH -> self.pending = true; self.issued++; ask(PENDING, READ, self.epoch) }
  :: d_step { CAN_PASS && !IN_EPOCH -> self.pending = true; ask(SYNCING, SYNC, self.postedEpoch) }
  :: d_step { NEXT && self.posted > 0 -> self.pending = true; ask(SYNCING, SYNC, self.postedEpoch) }
  :: d_step { NEXT && MAY_TRAP -> self.pending = true; trap(PENDING, EXIT) }
  :: d_step { PLATFORM && NEXT && self.posted == 0 -> self.pending = true; trap(PENDING, PLATFORM_EXIT) }
  :: d_step { ENDS -> self.cpu = HALTED }
  :: d_step { self.cpu == HALTED -> self.cpu = RUNNING }
  :: d_step { ENDS -> end_as(FINISHED) }
  :: d_step { ENDS -> end_as(CRASHED) }
  :: d_step { CRASHES && ME < FRAIL && !IS_OVER(ME) -> self.card = AWAY; end_as(DEAD) }

  :: d_step { arbiterToGuest[ME] ? kind(carried) -> hearArbiter(); nameMoved() }
  :: d_step { nicToGuest[ME] ? kind(carried) -> hearCard(); nameMoved() }
  od
}
