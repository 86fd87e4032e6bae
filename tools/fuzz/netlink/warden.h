/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine that is played with: its devices and network namespaces, who
 * plays, and what else goes on meanwhile. All of it needs root.
 */
#ifndef FUZZ_NETLINK_WARDEN_H
#define FUZZ_NETLINK_WARDEN_H

#include <stdbool.h>
#include <sys/types.h>

struct nl;

/**
 * struct persona - who a player is
 * @name: what this is called
 * @own_ns: it has a user and a network namespace of its own
 * @nobody: it has no rights
 */
struct persona {
	const char *name;
	bool own_ns;
	bool nobody;
};

extern const struct persona personas[];
extern const unsigned int n_personas;

int warden_setup(void);
void warden_cleanup(void);
int warden_reset(const struct persona *persona, pid_t player, bool churn);
int policy_forget(struct nl *nl);
int warden_become(const struct persona *persona, int fds[2]);
int warden_churn(pid_t pids[], unsigned int max, unsigned int seed);

int kmsg_open(void);
bool kmsg_complaint(char *what, size_t size);

#endif /* FUZZ_NETLINK_WARDEN_H */
