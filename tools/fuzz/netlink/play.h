/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sends requests, and finds out whether what comes back is what must.
 */
#ifndef FUZZ_NETLINK_PLAY_H
#define FUZZ_NETLINK_PLAY_H

#include "../../../selftests/vfio_mig/nl.h"

#include "draw.h"

#define WRONG_MAX	200

/**
 * struct tally - what has been done
 * @inputs: inputs that were played
 * @messages: requests that were sent
 * @refused: how many of them were refused
 * @granted: how many were not
 * @objects: messages that were part of an answer
 * @events: messages that were none
 */
struct tally {
	unsigned long inputs;
	unsigned long messages;
	unsigned long refused;
	unsigned long granted;
	unsigned long objects;
	unsigned long events;
};

/**
 * struct player - one who asks
 * @nl: the socket to ask with
 * @mon: the socket that listens
 * @world: what the requests' placeholders stand for
 * @handles: what there is to ask for
 * @alone: nobody else changes anything
 * @changed: something was granted that changes something
 * @seq: number of the namespace's last event
 * @lost: some events were lost, which ones is not yet known
 * @event: number of the last event that was heard, 0 before the first
 * @tally: what was done
 * @wrong: what came back and must not have, or nothing
 */
struct player {
	struct nl nl;
	struct nl mon;
	struct world world;
	struct handles handles;
	bool alone;
	bool changed;
	bool lost;
	__u64 seq;
	__u64 event;
	struct tally *tally;
	char wrong[WRONG_MAX];
};

int player_open(struct player *player);
void player_close(struct player *player);
int player_look(struct player *player);
bool play(struct player *player, const struct input *input);

bool reply_right(const struct set *set, const void *from, size_t len,
		 char *wrong, size_t size);

#endif /* FUZZ_NETLINK_PLAY_H */
