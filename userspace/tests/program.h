/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program, run in this process. */
#ifndef VFIOMIG_TESTS_PROGRAM_H
#define VFIOMIG_TESTS_PROGRAM_H

/**
 * struct output - what the program has written
 * @rc: its exit status
 * @out: standard output
 * @err: standard error
 */
struct output {
	int rc;
	char *out;
	char *err;
};

/*
 * Runs it with the words that bars divide in @words, and @input on standard
 * input, or nothing if that is NULL. What the last run has written is freed.
 */
const struct output *run_program(const char *words, const char *input);

void free_output(void);

#endif /* VFIOMIG_TESTS_PROGRAM_H */
