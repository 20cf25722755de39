/*
 * Epochs are only ever compared for equality, so their names are free, and without end if they counted up.
 * Where a step has dropped one, or they stand in another order now, they are named from 1 again, in the order
 * in which they stand in the state: the arbiter, the NIC, then guest by guest.
 */
#ifndef EPOCHS
#define EPOCHS 12
#endif
#define NO_EPOCH 0
/* The name of one just begun. */
#define FRESH (EPOCHS - 1)

hidden byte name[EPOCHS];
hidden byte names, who, remaining;
/* The step may have moved epochs; false between steps. */
hidden byte moved;

inline rename(it) {
  if
  :: it != NO_EPOCH ->
    if
    :: name[it] == NO_EPOCH -> names++; name[it] = names
    :: else
    fi;
    it = name[it]
  :: else
  fi
}

/* Once round the channel. */
inline renameAll(channel) {
  remaining = len(channel);
  do
  :: remaining > 0 -> channel ? kind(carried); rename(carried); channel ! kind(carried); remaining--
  :: else -> break
  od
}

inline renameGrants(channel) {
  remaining = len(channel);
  do
  :: remaining > 0 ->
    channel ? kind(carried);
    if
    :: kind == GRANT -> rename(carried)
    :: else
    fi;
    channel ! kind(carried);
    remaining--
  :: else -> break
  od
}

inline renameRevoked(channel) {
  remaining = len(channel);
  do
  :: remaining > 0 ->
    channel ? kind(carried, count);
    rename(carried);
    channel ! kind(carried, count);
    remaining--
  :: else -> break
  od
}

inline nameEpochs() {
  names = 0;
  for (who : 1 .. FRESH) {
    name[who] = NO_EPOCH
  }
  rename(arbiter.epoch);
  for (who : 0 .. GUESTS - 1) {
    rename(desk[who].silent)
  }
  rename(nic.epoch);
  if
  :: order.kind == OPEN -> rename(order.argument)
  :: else
  fi;
  for (who : 0 .. GUESTS - 1) {
    rename(guest[who].epoch);
    rename(guest[who].postedEpoch);
    renameAll(guestToNic[who]);
    renameAll(nicToGuest[who]);
    renameRevoked(guestToArbiter[who]);
    renameGrants(arbiterToGuest[who])
  }
  assert(names < FRESH)
}

/* At the end of a step. */
inline nameMoved() {
  if
  :: moved -> moved = false; nameEpochs()
  :: else
  fi
}
