/* The NIC: a fence that lets only the present epoch through, and three bits of silicon. */

inline setStatus(to) {
  if
  :: nic.status != to -> nic.status = to; send(nicToArbiter, IRQ, to)
  :: else
  fi
}

inline putUpFence(to) {
  nic.epoch = to;
  nic.executed = 0;
  nic.awaited = 0;
  nameEpochs();
  send(nicToArbiter, DRAINED, 0)
}

inline closeFence() {
  nic.fence = CLOSED;
  putUpFence(NO_EPOCH)
}

inline transmit() {
  if
  :: nic.phy == SENDING -> nic.transmitter = QUEUED
  :: else -> nic.transmitter = SENDING; nic.phy = SENDING
  fi
}

inline frameHasLeft() {
  if
  :: nic.transmitter == SENDING -> nic.phy = IDLE; nic.transmitter = IDLE; setStatus(true)
  :: nic.transmitter == QUEUED -> nic.transmitter = SENDING
  :: else -> nic.phy = IDLE
  fi
}

/* Found a status, and the transmitter idle. */
#define FOUND 1
#define AT_REST 2

inline operate(what, argument) {
  found = nic.status;
  if
  :: what == RESTORE -> nic.armedFor = argument
  :: what == TRAP && argument -> transmit()
  :: what == QUIESCE -> nic.armedFor = NOBODY; setStatus(false)
  :: what == INTERRUPT -> setStatus(false)
  :: what == RESET -> nic.armedFor = NOBODY; nic.transmitter = IDLE; setStatus(false)
  :: else
  fi;
  send(nicToArbiter, ANSWER, found + AT_REST * (nic.transmitter == IDLE))
}

inline obey(what, argument) {
  if
  :: what == OPEN -> assert(nic.fence != DRAINING); nic.fence = OPENED; putUpFence(argument)
  :: what == DRAIN && nic.executed < argument && MUTANT != HASTY_NIC ->
    assert(nic.fence == OPENED);
    nic.fence = DRAINING;
    nic.awaited = argument
  :: what == CLOSE || what == DRAIN && (nic.executed >= argument || MUTANT == HASTY_NIC) -> closeFence()
  :: else -> operate(what, argument)
  fi
}

#define CURRENT(under) (nic.epoch != NO_EPOCH && (under == nic.epoch || MUTANT == LAX_NIC))

inline execute(what, under, sender) {
  /* One owner; in order. */
  assert(arbiter.owner == sender && arbiter.epoch == under);
  assert(what == SYNC || guest[sender].refused == 0 && !(nicToGuest[sender] ?? [REFUSED_WRITE, _]));
  if
  :: what != WRITE -> send(nicToGuest[sender], DONE, NO_EPOCH)
  :: else
  fi;
  if
  :: what != SYNC ->
    nic.executed++;
    if
    :: nic.fence == DRAINING && nic.executed >= nic.awaited -> closeFence()
    :: else
    fi
  :: else
  fi
}

inline refuse(what, under, sender) {
  if
  :: what == WRITE -> send(nicToGuest[sender], REFUSED_WRITE, under)
  :: else -> send(nicToGuest[sender], REFUSED, under)
  fi;
  nameEpochs()
}

inline receive(sender) {
  d_step { guestToNic[sender] ? kind(carried) ->
    if
    :: nic.dead -> nameEpochs()
    :: !nic.dead && CURRENT(carried) -> execute(kind, carried, sender)
    :: !nic.dead && !CURRENT(carried) -> refuse(kind, carried, sender)
    fi }
}

hidden byte found;

BEGINS proctype Nic() {
end:
  do
  :: d_step { order.kind ->
      kind = order.kind;
      carried = order.argument;
      order.kind = 0;
      order.argument = 0;
      if
      :: nic.dead -> nameEpochs()
      :: else -> obey(kind, carried)
      fi }
  :: receive(0)
#if GUESTS > 1
  :: receive(1)
#endif
#if GUESTS > 2
  :: receive(2)
#endif
#if GUESTS > 3
  :: receive(3)
#endif
  :: d_step { !nic.dead && nic.phy == SENDING -> frameHasLeft() }
  :: d_step { FRAMES && !nic.dead && nic.armedFor != NOBODY && !nic.status -> setStatus(true) }
  :: d_step { CARD_LOSS && !nic.dead -> nic.dead = true; send(nicToArbiter, CARD_LOST, 0) }
  od
}
