/*
 * A guest: any operation at any time, hooked or not whatever the bitmap says. Two rules keep its operations in order: no
 * trap while writes are under way, and refused writes first of all.
 */
#define self guest[ME]

#define CAN_PASS (self.card == HELD && self.issued < PASSED)
#define NEXT (self.cpu == RUNNING && self.refused == 0)

inline trap(what, how) {
  self.inFlight = what;
  self.cpu = WAITING_ARBITER;
  /* In order: nothing of it is under way to the card. */
  assert(self.refused > 0 || !(guestToNic[ME] ?? [WRITE, _] || nicToGuest[ME] ?? [REFUSED_WRITE, _]));
  guestToArbiter[ME] ! how(NO_EPOCH, 0)
}

inline ask(what, how, under) {
  self.inFlight = what;
  self.cpu = WAITING_CARD;
  send(guestToNic[ME], how, under)
}

inline forgetPosted() {
  if
  :: self.posted > 0 -> self.posted = 0; self.postedEpoch = NO_EPOCH; nameEpochs()
  :: else
  fi
}

inline takeAnswer() {
  self.cpu = RUNNING;
  if
  :: self.inFlight == REFUSED_BEFORE -> self.refused--
  :: else ->
    forgetPosted();
    if
    :: self.inFlight == PENDING -> self.pending = false
    :: else
    fi
  fi;
  self.inFlight = 0
}

inline takeRefusal() {
  assert(self.cpu == WAITING_CARD);
  self.cpu = RUNNING;
  self.inFlight = 0;
  self.posted = 0;
  self.postedEpoch = NO_EPOCH
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
  self.posted = 0;
  self.postedEpoch = NO_EPOCH;
  self.pending = false;
  self.refused = 0;
  self.inFlight = 0;
  nameEpochs()
}

inline over(how) {
  self.cpu = how;
  forget();
  guestToArbiter[ME] ! ENDED(NO_EPOCH, 0)
}

GUESTS_BEGIN proctype Guest() {
  do
  /* Its program: a write or a read passed through, or a trap; what was posted must be done first. */
  :: d_step { self.cpu == RUNNING && self.refused > 0 -> trap(REFUSED_BEFORE, EXIT) }
  :: d_step { NEXT && CAN_PASS && (self.posted == 0 || self.postedEpoch == self.epoch) ->
      self.pending = false;
      self.issued++;
      self.posted++;
      self.postedEpoch = self.epoch;
      send(guestToNic[ME], WRITE, self.epoch) }
  :: d_step { NEXT && CAN_PASS && (self.posted == 0 || self.postedEpoch == self.epoch) ->
      self.pending = true;
      self.issued++;
      ask(PENDING, READ, self.epoch) }
  :: d_step { NEXT && CAN_PASS && self.posted > 0 && self.postedEpoch != self.epoch ->
      self.pending = true;
      ask(SYNCING, SYNC, self.postedEpoch) }
  :: d_step { NEXT && self.posted > 0 ->
      self.pending = true;
      ask(SYNCING, SYNC, self.postedEpoch) }
  :: d_step { NEXT && (self.posted == 0 || MUTANT == IMPATIENT_GUEST) -> self.pending = true; trap(PENDING, EXIT) }
  :: d_step { PLATFORM && NEXT && self.posted == 0 -> self.pending = true; trap(PENDING, PLATFORM_EXIT) }
  :: d_step { ENDINGS && NEXT && !self.pending -> self.cpu = HALTED }
  :: d_step { self.cpu == HALTED -> self.cpu = RUNNING }
  :: d_step { ENDINGS && NEXT && !self.pending -> over(FINISHED) };
    goto end_over
  :: d_step { ENDINGS && NEXT && !self.pending -> over(CRASHED) };
    goto end_over
  :: d_step { CRASHES -> self.card = AWAY; over(DEAD) };
    goto end_over

  /* From the arbiter. */
  :: d_step { arbiterToGuest[ME] ? RESUME(_) -> assert(self.cpu == WAITING_ARBITER); takeAnswer() }
  :: d_step { arbiterToGuest[ME] ? INJECT(carried) ->
      if
      :: carried -> wake()
      :: else
      fi }
  :: d_step { arbiterToGuest[ME] ? GRANT(carried) ->
      self.card = HELD;
      self.epoch = carried;
      self.issued = 0;
      nameEpochs() }
  :: d_step { arbiterToGuest[ME] ? REVOKE(_) ->
      assert(self.card != YIELDING && !(MUTANT == DEAF_GUEST && self.card == AWAY));
      if
      :: self.card == HELD && self.cpu == WAITING_CARD -> self.card = YIELDING
      :: else -> giveBack()
      fi }
  :: d_step { arbiterToGuest[ME] ? MACHINE_CHECK(_) -> self.cpu = CRASHED; forget() };
    goto end_over

  /* From the card. */
  :: d_step { nicToGuest[ME] ? DONE(_) ->
      assert(self.cpu == WAITING_CARD);
      takeAnswer();
      if
      :: self.card == YIELDING -> giveBack()
      :: else
      fi }
  :: d_step { nicToGuest[ME] ? REFUSED(carried) ->
      takeRefusal();
      if
      :: self.card == YIELDING -> giveBack()
      :: self.card == HELD && carried == self.epoch -> self.card = AWAY
      :: else
      fi;
      nameEpochs() }
  :: d_step { nicToGuest[ME] ? REFUSED_WRITE(carried) ->
      self.refused++;
      wake();
      if
      :: self.card == HELD && carried == self.epoch -> self.card = AWAY
      :: else
      fi;
      nameEpochs() }
  od;

end_over:
  do
  :: d_step { arbiterToGuest[ME] ? _(_) -> nameEpochs() }
  :: d_step { nicToGuest[ME] ? _(_) -> nameEpochs() }
  od
}
