/* The NIC: a fence that lets only the present epoch through, and three bits of silicon. */

/* To the VMM: there was a status to take over; the transmitter is at rest. */
#define FOUND 1
#define AT_REST 2

hidden byte found;

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
  moved = true;
  send(nicToArbiter, DRAINED, 0)
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
  :: nic.transmitter == IDLE -> nic.phy = IDLE
  fi
}

inline operate() {
  found = FOUND * nic.status;
  if
  :: kind == RESTORE -> nic.armedFor = carried
  :: kind == TRAP && carried -> transmit()
  :: kind == QUIESCE -> nic.armedFor = NOBODY; setStatus(false)
  :: kind == INTERRUPT -> setStatus(false)
  :: kind == RESET -> nic.armedFor = NOBODY; nic.transmitter = IDLE; setStatus(false)
  :: else
  fi;
  send(nicToArbiter, ANSWER, found + AT_REST * (nic.transmitter == IDLE))
}

inline obey() {
  if
  :: kind == OPEN -> assert(nic.fence != DRAINING); nic.fence = OPENED; putUpFence(carried)
  :: kind == DRAIN && nic.executed < carried && MUTANT != HASTY_NIC ->
    assert(nic.fence == OPENED);
    nic.fence = DRAINING;
    nic.awaited = carried
  :: kind == CLOSE || kind == DRAIN && (nic.executed >= carried || MUTANT == HASTY_NIC) ->
    nic.fence = CLOSED;
    putUpFence(NO_EPOCH)
  :: else -> operate()
  fi
}

inline execute(sender) {
  /* One owner; in order. */
  assert(arbiter.owner == sender && arbiter.epoch == carried);
  assert(kind == SYNC || guest[sender].refused == 0 && !(nicToGuest[sender] ?? [REFUSED_WRITE, _]));
  if
  :: kind == WRITE
  :: else -> send(nicToGuest[sender], DONE, NO_EPOCH)
  fi;
  nic.executed = nic.executed + (kind != SYNC);
  if
  :: nic.fence == DRAINING && nic.executed >= nic.awaited -> nic.fence = CLOSED; putUpFence(NO_EPOCH)
  :: else
  fi
}

inline refuse(sender) {
  moved = true;
  if
  :: kind == WRITE -> send(nicToGuest[sender], REFUSED_WRITE, carried)
  :: else -> send(nicToGuest[sender], REFUSED, carried)
  fi
}

#define CURRENT (nic.epoch != NO_EPOCH && (carried == nic.epoch || MUTANT == LAX_NIC))

inline receive(sender) {
  d_step { guestToNic[sender] ? kind(carried) ->
    if
    :: nic.dead -> moved = true
    :: !nic.dead && CURRENT -> execute(sender)
    :: !nic.dead && !CURRENT -> refuse(sender)
    fi;
    nameMoved() }
}

BEGINS proctype Nic() {
end:
  do
  :: d_step { order.kind ->
      kind = order.kind;
      carried = order.argument;
      order.kind = 0;
      order.argument = 0;
      if
      :: nic.dead -> moved = (kind == OPEN)
      :: else -> obey()
      fi;
      nameMoved() }
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
