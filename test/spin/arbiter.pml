/*
 * The arbiter. Messages are noted down; where it waits it attends to the first thing that its state can do, and where
 * one of its sequences has the card it waits for the answer. Time is a move of its own: what may be due is due then.
 */
#define my arbiter
#define theOwner desk[arbiter.owner]

inline want(one) {
  if
  :: wants ?? [eval(one)]
  :: else ->
    if
    :: POLICY == FIFO || POLICY == ANY -> wants ! one
    :: else -> wants !! one
    fi
  fi
}

inline unwant(one) {
  if
  :: wants ?? [eval(one)] -> wants ?? eval(one)
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

inline machineCheck(one) {
  if
  :: !desk[one].ended -> desk[one].ended = true; send(arbiterToGuest[one], MACHINE_CHECK, 0)
  :: else
  fi
}

inline guestEnded(one) {
  desk[one].ended = true;
  desk[one].exit = false;
  unwant(one)
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

inline openFence() {
  my.stage = GRANTING;
  command(OPEN, my.epoch)
}

inline forceFence() {
  my.issued = 0;
  my.forced = true;
  theOwner.silent = LISTENING;
  command(CLOSE, 0)
}

#define CHOOSES (POLICY == FAIR_SHARE || POLICY == ANY)

inline takeTurn() {
  place = 0;
  do
  :: wants ?? [eval(turns[place])] -> break
  :: else -> place++
  od;
  my.owner = turns[place]
}

/* The owner's turn was this one: it is last now. */
inline endTurn() {
  for (place : 0 .. GUESTS - 2) {
    if
    :: turns[place] == my.owner -> turns[place] = turns[place + 1]; turns[place + 1] = my.owner
    :: else
    fi
  }
}

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
    unwant(my.owner);
    my.epoch = FRESH;
    my.phase = REUSABLE;
    my.stage = RESTORING;
    sequence(RESTORE, my.owner);
    nameEpochs()
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
  publish();
  send(arbiterToGuest[my.owner], GRANT, my.epoch)
}

/* What the owner's operation makes of the model is its driver's business. */
inline serve() {
  if
  :: my.phase != COMPLETING -> my.trapped = REUSABLE
  :: my.phase != COMPLETING -> my.trapped = PROGRAMMING
  :: TRANSMITS -> my.trapped = COMPLETING
  :: FAULTS -> my.trapped = FATAL
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

/* The transmits are over, with another half programmed behind them or not; or an error waits for the driver. */
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
    :: FAULTS -> my.phase = PROGRAMMING
    fi
  :: else
  fi
}

inline followed() {
  if
  :: my.stage == UPDATING -> publish(); my.stage = WATCHING
  :: my.stage == REVOKING_UPDATING -> publish(); my.stage = REVOKING
  :: my.stage == QUIESCING ->
    if
    :: my.phase == REUSABLE && MUTANT == RECKLESS_ARBITER -> save()
    :: my.phase == REUSABLE && MUTANT != RECKLESS_ARBITER || MUTANT == TRUSTING_ARBITER -> sequence(QUIESCE, 0)
    :: my.phase == COMPLETING && MUTANT != TRUSTING_ARBITER -> my.stage = SETTLING
    :: my.phase == PROGRAMMING && MUTANT != TRUSTING_ARBITER -> skip
    fi
  fi
}

/* The owner must finish what it has begun, and gets the card back for that; past the watchdog it does not. */
inline lend() {
  if
  :: my.stage == QUIESCING && !my.awaited ->
    if
    :: d_step { my.lent = true; unwant(my.owner); my.epoch = FRESH; nameEpochs(); openFence() }
    :: my.lent -> my.stage = SETTLING
    fi
  :: else
  fi
}

/* From here on the card is somebody else's. */
inline checkQuiet() {
  assert(nic.epoch == NO_EPOCH && nic.transmitter == IDLE && nic.armedFor == NOBODY && my.phase == REUSABLE);
  assert(my.forced || !UNDER_WAY(my.owner, my.epoch))
}

inline save() {
  my.stage = SAVING;
  sequence(SAVE, 0)
}

inline release() {
  d_step {
    if
    :: !theOwner.ended ->
      publish();
      if
      :: theOwner.exit && MUTANT != FORGETFUL_ARBITER -> want(my.owner)
      :: else
      fi
    :: else
    fi
  };
  if
  :: true
  :: LISTENING && !theOwner.ended && !theOwner.exit && !theOwner.silent -> want(my.owner)
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
    nameEpochs()
  }
}

inline reset() {
  my.stage = RESETTING;
  sequence(RESET, 0)
}

/*
 * The card is taken from a guest that is gone, or will not let it go; the failure policy may end it. Until the card has been
 * reset it is still its own.
 */
inline wedge() {
  my.taken = true;
  if
  :: true
  :: FAULTS && !theOwner.ended -> machineCheck(my.owner)
  fi;
  d_step {
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
  :: my.awaited == INTERRUPT -> my.lineIdle = !(detail & FOUND); followCard(); d_step { my.awaited = 0; followed() }; lend()
  :: my.awaited == QUIESCE -> d_step { checkQuiet() }; followCard(); save()
  :: my.awaited == RESTORE -> d_step { my.awaited = 0; openFence() }
  :: my.awaited == SAVE -> my.awaited = 0; release(); d_step { reset() }
  :: my.awaited == RESET && my.taken -> my.awaited = 0; release(); my.taken = false; my.stage = FREE
  :: my.awaited == RESET && !my.taken -> my.awaited = 0; my.stage = FREE
  fi
}

inline hearDrained() {
  if
  :: my.stage == GRANTING -> d_step { grant() }
  :: my.stage == DRAINING_CARD || my.stage == FENCING -> d_step { my.stage = QUIESCING; sequence(INTERRUPT, 0) }
  :: my.stage == WEDGED -> d_step { reset() }
  fi
}

inline hearNic() {
  nicToArbiter ? message(detail);
  if
  :: my.stage == LOST
  :: my.stage != LOST && message == ANSWER -> hearAnswer()
  :: my.stage != LOST && message == DRAINED -> hearDrained()
  :: my.stage != LOST && message == IRQ -> my.line = detail; my.lineIdle = false
  :: my.stage != LOST && message == CARD_LOST ->
    d_step {
      my.stage = LOST;
      for (one : 0 .. GUESTS - 1) {
        machineCheck(one)
      }
    }
  fi
}

inline takeExit(one, what) {
  if
  :: desk[one].ended
  :: !desk[one].ended && what == PLATFORM_EXIT -> send(arbiterToGuest[one], RESUME, 0)
  :: !desk[one].ended && what == EXIT && my.stage == LOST -> machineCheck(one)
  :: !desk[one].ended && what == EXIT && my.stage != LOST ->
    desk[one].exit = true;
    if
    :: one == my.owner && (my.stage == WATCHING || my.stage == SERVING || my.stage == UPDATING)
    :: else -> want(one)
    fi
  fi
}

#define HEARS(one) (my.stage != LOST || guestToArbiter[one] ? [EXIT, _, _] || guestToArbiter[one] ? [PLATFORM_EXIT, _, _])

/* One that was silent may want the card again. */
inline hearGuest(one) {
  len(guestToArbiter[one]) > 0 ->
  if
  :: true
  :: desk[one].silent && HEARS(one) && one != my.owner && !desk[one].ended -> want(one)
  fi;
  d_step {
    if
    :: HEARS(one) -> desk[one].silent = false
    :: else
    fi; guestToArbiter[one] ? kind(carried, count) ->
    if
    :: kind == EXIT || kind == PLATFORM_EXIT -> takeExit(one, kind)
    :: kind == REVOKED && my.stage != LOST ->
      if
      :: carried == my.epoch -> my.issued = count
      :: else
      fi;
      nameEpochs()
    :: kind == ENDED && my.stage != LOST -> guestEnded(one)
    :: my.stage == LOST && (kind == REVOKED || kind == ENDED) -> nameEpochs()
    fi
  }
}

#define LINE_CALLS (my.line && !my.lineIdle)
#define WAITS (my.stage == WATCHING || my.stage == REVOKING || my.stage == SETTLING)

inline attend() {
  if
  :: my.stage == FREE && len(wants) > 0 -> nextOwner()
  :: WAITS && theOwner.ended -> wedge()
  :: my.stage == WATCHING && !theOwner.ended && theOwner.exit -> serve()
  :: my.stage == REVOKING && !theOwner.ended && my.issued != UNKNOWN ->
    d_step { my.stage = DRAINING_CARD; command(DRAIN, my.issued) }
  :: WAITS && LINE_CALLS && !theOwner.ended && !(my.stage == WATCHING && theOwner.exit) &&
     !(my.stage == REVOKING && my.issued != UNKNOWN) ->
    d_step { update(); sequence(INTERRUPT, 0) }
  :: my.stage == WATCHING && my.lent && len(wants) == 0 && !theOwner.ended && !theOwner.exit && !LINE_CALLS -> my.lent = false
  :: else
  fi
}

inline update() {
  if
  :: my.stage == WATCHING -> my.stage = UPDATING
  :: my.stage == REVOKING -> my.stage = REVOKING_UPDATING
  :: my.stage == SETTLING -> my.stage = QUIESCING
  fi
}

inline rest() {
  d_step {
    message = 0;
    detail = 0;
    for (one : 0 .. GUESTS - 1) {
      /* Nobody forgotten. */
      assert(!desk[one].exit || desk[one].ended || one == my.owner || wants ?? [eval(one)])
    }
    /* Own want. */
    assert(my.stage != WATCHING || !(wants ?? [eval(my.owner)]))
  }
}

/* What the policy may want of an owner that should go. */
#define MAY_REVOKE (my.phase == REUSABLE || my.phase == COMPLETING && POLICY != FIFO)
#define MAY_WAIT (my.phase == PROGRAMMING || my.phase == COMPLETING && (POLICY == FIFO || POLICY == ANY))

hidden byte one, place;

BEGINS proctype Arbiter() {
  mtype message;
  byte detail;
end:
  do
  :: atomic {
      if
      :: hearNic()
      :: hearGuest(0)
#if GUESTS > 1
      :: hearGuest(1)
#endif
#if GUESTS > 2
      :: hearGuest(2)
#endif
#if GUESTS > 3
      :: hearGuest(3)
#endif
      fi;
      attend();
      rest()
    }

  /* Its time has come: for the next in the queue, for another look at the card, for the watchdog. */
  :: atomic {
      if
      :: my.stage == WATCHING && len(wants) > 0 && MAY_REVOKE -> d_step { revoke() }
      :: my.stage == WATCHING && len(wants) > 0 && MAY_WAIT || my.stage == SETTLING ->
        d_step { update(); sequence(INTERRUPT, 0) }
      :: my.stage == WATCHING && len(wants) > 0 && MAY_WAIT || my.stage == SETTLING -> wedge()
      :: my.stage == REVOKING -> d_step { my.stage = FENCING; forceFence() }
      fi;
      rest()
    }
  od
}
