/*
 * The arbiter. Messages are noted down; where it waits it attends to the first thing that its state can do,
 * and where one of its sequences has the card it waits for the answer. Time is a move of its own: what may be
 * due is due then, or not.
 *
 * Its steps have choices, so they are atomic rather than d_steps. What one branch leaves in a hidden variable
 * is still there when Spin comes back for the next, so nothing hidden may be read behind a choice.
 */
#define my arbiter
#define theOwner desk[arbiter.owner]

hidden byte place;

inline want(guest_) {
  if
  :: wants ?? [eval(guest_)]
  :: else ->
    if
    :: POLICY == FIFO || POLICY == ANY -> wants ! guest_
    :: else -> wants !! guest_
    fi
  fi
}

inline unwant(guest_) {
  if
  :: wants ?? [eval(guest_)] -> wants ?? eval(guest_)
  :: else
  fi
}

inline command(what, with) {
  assert(!order.kind);
  order.kind = what;
  order.argument = with
}

inline sequence(what, with) {
  my.awaited = what;
  command(what, with)
}

inline machineCheck(guest_) {
  if
  :: !desk[guest_].ended -> desk[guest_].ended = true; send(arbiterToGuest[guest_], MACHINE_CHECK, 0)
  :: else
  fi
}

inline guestEnded(guest_) {
  desk[guest_].ended = true;
  desk[guest_].exit = false;
  if
  :: desk[guest_].silent != NO_EPOCH -> desk[guest_].silent = NO_EPOCH; renaming = true
  :: else
  fi;
  unwant(guest_)
}

/* The owner's interrupt line, when it has changed. */
inline publish() {
  if
  :: theOwner.interrupt != theOwner.injected ->
    theOwner.injected = theOwner.interrupt;
    send(arbiterToGuest[my.owner], INJECT, theOwner.interrupt)
  :: else
  fi
}

/* The owner's ownership begins, maybe anew. */
inline begin() {
  unwant(my.owner);
  my.epoch = FRESH;
  renaming = true
}

inline openFence() {
  my.stage = GRANTING;
  command(OPEN, my.epoch)
}

inline forceFence() {
  my.issued = 0;
  my.forced = true;
  if
  :: RECEIVE != NOTHING -> theOwner.silent = my.epoch; renaming = true
  :: else
  fi;
  command(CLOSE, 0)
}

/* Of those who wait, the one whose turn it is. */
inline takeTurn() {
  place = 0;
  do
  :: wants ?? [eval(turns[place])] -> break
  :: else -> place++
  od;
  my.owner = turns[place]
}

/* The owner's turn was this one: the round goes on with the next. */
inline endTurn() {
  do
  :: turns[GUESTS - 1] == my.owner -> break
  :: else ->
    one = turns[0];
    for (place : 0 .. GUESTS - 2) {
      turns[place] = turns[place + 1]
    }
    turns[GUESTS - 1] = one
  od
}

#define CHOOSES (POLICY == FAIR_SHARE || POLICY == ANY)

/* The policy's choice. */
inline nextOwner() {
  if
  :: POLICY == FIFO -> wants ? <my.owner>
  :: POLICY == ROUND_ROBIN -> d_step { takeTurn() }
  :: CHOOSES && wants ?? [0] -> my.owner = 0
  :: CHOOSES && wants ?? [1] -> my.owner = 1
  :: CHOOSES && wants ?? [2] -> my.owner = 2
  :: CHOOSES && wants ?? [3] -> my.owner = 3
  fi;
  d_step {
    begin();
    my.phase = REUSABLE;
    my.stage = RESTORING;
    sequence(RESTORE, my.owner)
  }
}

inline grant() {
  my.stage = WATCHING;
  my.forced = false;
  my.issued = UNKNOWN;
  if
  :: MUTANT != GREEDY_ARBITER -> unwant(my.owner)
  :: else
  fi;
  theOwner.exit = theOwner.exit && MUTANT != DROPPING_ARBITER;
  publish();
  send(arbiterToGuest[my.owner], GRANT, my.epoch)
}

/* What the owner's operation makes of the model is its driver's business. */
inline serve() {
  if
  :: my.phase != COMPLETING -> my.trapped = REUSABLE
  :: my.phase != COMPLETING -> my.trapped = PROGRAMMING
  :: my.owner < TRANSMITTERS -> my.trapped = COMPLETING
  :: FAULTS && my.owner < FRAIL -> my.trapped = FATAL
  fi;
  d_step {
    /* In order: it overtakes nothing that the guest has sent to the card itself. */
    assert(nic.epoch == NO_EPOCH || !UNDER_WAY(my.owner, nic.epoch));
    theOwner.exit = false;
    my.stage = SERVING;
    sequence(TRAP, my.trapped == COMPLETING && my.phase != COMPLETING)
  }
}

inline served() {
  if
  :: my.trapped == FATAL -> d_step { my.trapped = 0; machineCheck(my.owner) }; wedge()
  :: my.trapped != FATAL ->
    d_step { my.phase = my.trapped; my.trapped = 0; my.stage = WATCHING };
    if
    :: true
    :: theOwner.interrupt -> theOwner.interrupt = false
    fi;
    d_step { publish(); send(arbiterToGuest[my.owner], RESUME, 0) }
  fi
}

inline revoke() {
  my.stage = REVOKING;
  my.issued = UNKNOWN;
  send(arbiterToGuest[my.owner], REVOKE, 0)
}

/*
 * The transmits are over, with another half programmed behind them or not; or an error waits for the driver.
 */
inline followCard() {
  if
  :: detail & FOUND ->
    theOwner.interrupt = true;
    if
    :: my.phase == COMPLETING && (detail & AT_REST) ->
      if
      :: my.phase = REUSABLE
      :: my.phase = PROGRAMMING
      fi
    :: else
    fi;
    if
    :: true
    :: FAULTS && my.owner < FRAIL -> my.phase = PROGRAMMING
    fi
  :: else
  fi
}

inline followed() {
  if
  :: my.stage == UPDATING -> publish(); my.stage = WATCHING
  :: my.stage == REVOKING_UPDATING -> publish(); my.stage = REVOKING
  :: my.stage == QUIESCING && my.phase == REUSABLE && MUTANT == RECKLESS_ARBITER -> checkQuiet(); save()
  :: my.stage == QUIESCING && my.phase == REUSABLE && MUTANT != RECKLESS_ARBITER -> sequence(QUIESCE, 0)
  :: my.stage == QUIESCING && my.phase != REUSABLE && MUTANT == TRUSTING_ARBITER -> sequence(QUIESCE, 0)
  :: my.stage == QUIESCING && my.phase == COMPLETING && MUTANT != TRUSTING_ARBITER -> my.stage = SETTLING
  :: my.stage == QUIESCING && my.phase == PROGRAMMING && MUTANT != TRUSTING_ARBITER
  fi
}

/* The owner must finish what it has begun, and gets the card back for that; past the watchdog it does not. */
inline lend() {
  if
  :: my.stage == QUIESCING && !my.awaited && my.phase == PROGRAMMING ->
    if
    :: d_step { my.lent = true; begin(); openFence() }
    :: my.lent -> my.stage = SETTLING
    fi
  :: else
  fi
}

/* Quiet save: from here on the card is somebody else's. */
inline checkQuiet() {
  assert(nic.epoch == NO_EPOCH && nic.transmitter == IDLE && nic.armedFor == NOBODY && my.phase == REUSABLE);
  assert(my.forced || !UNDER_WAY(my.owner, my.epoch))
}

inline save() {
  my.stage = SAVING;
  sequence(SAVE, 0)
}

inline reset() {
  my.stage = RESETTING;
  sequence(RESET, 0)
}

inline release() {
  d_step {
    if
    :: !theOwner.ended ->
      publish();
      if
      :: MUTANT == FORGETFUL_ARBITER -> unwant(my.owner)
      :: theOwner.exit && MUTANT != FORGETFUL_ARBITER -> want(my.owner)
      :: else
      fi
    :: else
    fi
  };
  if
  :: true
  :: RECEIVE == LISTENING && !theOwner.ended && !theOwner.exit && theOwner.silent == NO_EPOCH -> want(my.owner)
  fi;
  d_step {
    if
    :: POLICY == ROUND_ROBIN -> endTurn()
    :: else
    fi;
    my.owner = NOBODY;
    my.epoch = NO_EPOCH;
    my.phase = REUSABLE;
    my.issued = UNKNOWN;
    my.lent = false;
    my.forced = false;
    renaming = true
  }
}

/*
 * The card is taken from a guest that is gone, or will not let it go; the failure policy may end it. Until
 * the card has been reset it is still its own.
 */
inline wedge() {
  if
  :: true
  :: FAULTS && my.owner < FRAIL && !theOwner.ended -> machineCheck(my.owner)
  fi;
  d_step {
    my.taken = true;
    theOwner.interrupt = false;
    my.phase = REUSABLE;
    my.stage = WEDGED;
    if
    :: theOwner.ended -> guestEnded(my.owner)
    :: else
    fi;
    forceFence()
  }
}

inline hearAnswer() {
  if
  :: my.awaited == TRAP -> my.awaited = 0; served()
  :: my.awaited == INTERRUPT ->
    my.lineIdle = !(detail & FOUND);
    followCard();
    d_step { my.awaited = 0; followed() };
    lend()
  :: my.awaited == QUIESCE -> d_step { checkQuiet() }; followCard(); d_step { save() }
  :: my.awaited == RESTORE -> d_step { my.awaited = 0; openFence() }
  :: my.awaited == SAVE -> my.awaited = 0; release(); d_step { reset() }
  :: my.awaited == RESET ->
    my.awaited = 0;
    if
    :: my.taken -> release(); my.taken = false
    :: else
    fi;
    my.stage = FREE
  fi
}

inline hearDrained() {
  if
  :: my.stage == GRANTING -> d_step { grant() }
  :: my.stage == CLOSING || my.stage == FENCING -> d_step { my.stage = QUIESCING; sequence(INTERRUPT, 0) }
  :: my.stage == WEDGED -> d_step { reset() }
  fi
}

inline loseCard() {
  for (one : 0 .. GUESTS - 1) {
    machineCheck(one)
  }
  my.stage = LOST
}

inline hearNic() {
  nicToArbiter ? message(detail);
  if
  :: my.stage == LOST
  :: my.stage != LOST && message == ANSWER -> hearAnswer()
  :: my.stage != LOST && message == DRAINED -> hearDrained()
  :: my.stage != LOST && message == IRQ -> my.line = detail; my.lineIdle = false
  :: my.stage != LOST && message == CARD_LOST -> d_step { loseCard() }
  fi
}

#define OWNED (my.stage == WATCHING || my.stage == SERVING || my.stage == UPDATING)

inline takeExit(from) {
  if
  :: desk[from].ended
  :: !desk[from].ended && kind == PLATFORM_EXIT -> send(arbiterToGuest[from], RESUME, 0)
  :: !desk[from].ended && kind == EXIT && my.stage == LOST -> machineCheck(from)
  :: !desk[from].ended && kind == EXIT && my.stage != LOST ->
    desk[from].exit = true;
    if
    :: from == my.owner && OWNED
    :: else -> want(from)
    fi
  fi
}

#define ANSWERS(from, its) guestToArbiter[from] ? [REVOKED, eval(its), _]
#define HEARS(from) (my.stage != LOST && desk[from].silent != NO_EPOCH && \
  (ANSWERS(from, desk[from].silent) || ANSWERS(from, my.epoch)))

/* One that was silent may want the card again, once it has acknowledged its last revoke. */
inline hearGuest(from) {
  len(guestToArbiter[from]) > 0 ->
  if
  :: true
  :: RECEIVE == LISTENING && HEARS(from) && from != my.owner && !desk[from].ended -> want(from)
  fi;
  d_step {
    if
    :: HEARS(from) -> desk[from].silent = NO_EPOCH; renaming = true
    :: else
    fi;
    guestToArbiter[from] ? kind(carried, count);
    if
    :: kind == EXIT || kind == PLATFORM_EXIT -> takeExit(from)
    :: kind == REVOKED && my.stage != LOST && carried == my.epoch -> my.issued = count; renaming = true
    :: kind == REVOKED && (my.stage == LOST || carried != my.epoch) -> renaming = true
    :: kind == ENDED && my.stage != LOST -> guestEnded(from)
    :: kind == ENDED && my.stage == LOST -> skip
    fi
  }
}

#define MAY_ASK(for_) (!desk[for_].ended && desk[for_].silent == NO_EPOCH && !(for_ == my.owner && OWNED))

/* The wire holds a frame for it. */
inline frameWaits(for_) {
  RECEIVE == ARRIVAL && my.stage != LOST && MAY_ASK(for_) && !(wants ?? [eval(for_)]) -> want(for_)
}

#define WAITS (my.stage == WATCHING || my.stage == REVOKING || my.stage == SETTLING)
#define LINE_CALLS (my.line && !my.lineIdle)
#define HAS_EXIT (my.stage == WATCHING && theOwner.exit)
#define HAS_ACKNOWLEDGED (my.stage == REVOKING && my.issued != UNKNOWN)

inline attend() {
  if
  :: my.stage == FREE && len(wants) > 0 -> nextOwner()
  :: WAITS && theOwner.ended -> wedge()
  :: HAS_EXIT && !theOwner.ended -> serve()
  :: HAS_ACKNOWLEDGED && !theOwner.ended -> d_step { my.stage = CLOSING; command(DRAIN, my.issued) }
  :: WAITS && !theOwner.ended && !HAS_EXIT && !HAS_ACKNOWLEDGED && LINE_CALLS -> d_step { update() }
  :: my.stage == WATCHING && !theOwner.ended && !HAS_EXIT && !LINE_CALLS && len(wants) == 0 -> my.lent = false
  :: else
  fi
}

/* Another look at the card. */
inline update() {
  if
  :: my.stage == WATCHING -> my.stage = UPDATING
  :: my.stage == REVOKING -> my.stage = REVOKING_UPDATING
  :: my.stage == SETTLING -> my.stage = QUIESCING
  fi;
  sequence(INTERRUPT, 0)
}

/* The end of a step. */
inline rest() {
  d_step {
    message = 0;
    detail = 0;
    moved = renaming;
    renaming = false;
    for (one : 0 .. GUESTS - 1) {
      /* Nobody forgotten. */
      assert(!desk[one].exit || desk[one].ended || one == my.owner || wants ?? [eval(one)])
    }
    /* Own want. */
    assert(my.stage != WATCHING || !(wants ?? [eval(my.owner)]));
    nameMoved()
  }
}

/* Somebody waits, and the policy may want the card from its owner; or that it ends what it does. */
#define MAY_REVOKE (my.phase == REUSABLE || my.phase == COMPLETING && POLICY != FIFO)
#define MAY_WAIT (my.phase == PROGRAMMING || my.phase == COMPLETING && (POLICY == FIFO || POLICY == ANY))
#define SHOULD_GO (my.stage == WATCHING && len(wants) > 0)

#define ALL_OVER (IS_OVER(0) && IS_OVER(GUESTS - 1) && (GUESTS < 3 || IS_OVER(1)) && (GUESTS < 4 || IS_OVER(2)))

BEGINS proctype Arbiter() {
  mtype message;
  byte detail;
  bool renaming;
end:
  do
  :: atomic {
      if
      :: if
        :: hearNic()
        :: hearGuest(0)
        :: frameWaits(0)
#if GUESTS > 1
        :: hearGuest(1)
        :: frameWaits(1)
#endif
#if GUESTS > 2
        :: hearGuest(2)
        :: frameWaits(2)
#endif
#if GUESTS > 3
        :: hearGuest(3)
        :: frameWaits(3)
#endif
        fi;
        attend()
      /* Its time has come. */
      :: SHOULD_GO && MAY_REVOKE -> d_step { revoke() }
      :: SHOULD_GO && MAY_WAIT || my.stage == SETTLING -> d_step { update() }
      :: SHOULD_GO && MAY_WAIT || my.stage == SETTLING -> wedge()
      :: my.stage == REVOKING -> d_step { my.stage = FENCING; forceFence() }
      fi;
      rest()
    }
  /* No deadlock: something can happen as long as a guest is not over. */
  :: timeout && !ALL_OVER -> assert(false)
  od
}
