/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A player at work, and what it asks of the warden, which has the rights that
 * it has not.
 */
#ifndef FUZZ_NETLINK_SESSION_H
#define FUZZ_NETLINK_SESSION_H

#include "cover.h"
#include "play.h"
#include "warden.h"

/**
 * struct options - what was asked for
 * @seed: what is drawn follows from it
 * @seconds: how long to play
 * @inputs: how much to play, 0 for as long as there is time
 * @churn: let devices come and go meanwhile
 * @as: only this persona plays, or NULL for all
 * @out: folder for what goes wrong
 * @at: file that tells which input of a round is being played
 * @corpus: keep what led further, too
 * @from: play a file from this request on
 */
struct options {
	__u64 seed;
	unsigned long seconds;
	unsigned long inputs;
	bool churn;
	const char *as;
	const char *out;
	int at;
	bool corpus;
	unsigned long from;
};

/**
 * struct shared - what the warden sees of its players
 * @tally: what was done
 * @kept: inputs that led further
 * @digest: of all that was drawn
 * @wrong: how often something was wrong
 */
struct shared {
	struct tally tally;
	unsigned long kept;
	__u64 digest;
	unsigned int wrong;
};

/**
 * struct session - a player and its warden
 * @options: what was asked for
 * @persona: who plays
 * @shared: what both see
 * @player: the player
 * @line: to the warden
 * @guided: the kernel tells what ran
 * @dice: where what is drawn comes from
 */
struct session {
	const struct options *options;
	const struct persona *persona;
	struct shared *shared;
	struct player player;
	int line;
	bool guided;
	struct dice dice;
};

/**
 * enum keep - why an input is kept in a file
 * @KEEP_ROUND: it is what will be played
 * @KEEP_WRONG: it led to something that is wrong
 * @KEEP_CORPUS: it led further
 */
enum keep {
	KEEP_ROUND,
	KEEP_WRONG,
	KEEP_CORPUS,
};

int session_reset(struct session *s);
void session_keep(struct session *s, enum keep what,
		  const struct input *input, const char *why);
bool session_play(struct session *s, const struct input *input, char *why,
		  size_t size);
int session_fuzz(struct session *s);
void minimise(struct session *s, struct input *input, const char *why);

int session_run(const struct options *options, const struct persona *persona,
		struct shared *shared, bool guided,
		int (*player)(struct session *s, void *arg), void *arg);

#endif /* FUZZ_NETLINK_SESSION_H */
