// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sends the family what its grammar allows, and what it does not, and looks at
 * what comes back. See usage().
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "session.h"

static int usage(void)
{
	fputs("usage: netlink [--seconds N | --inputs N] [--seed N]\n"
	      "               [--as WHO] [--no-churn] [--out FOLDER] [--corpus]\n"
	      "       netlink --replay [--from N] FILE...\n"
	      "       netlink --minimise FILE [--out FOLDER]\n"
	      "\n"
	      "As root, in a machine that nobody needs. Who asks are root, a user with\n"
	      "a network namespace of his own, and nobody, one after the other.\n"
	      "Without churn, the same seed sends the same. What goes wrong is made\n"
	      "small and kept as FOLDER/root-1 and so on, which --replay plays again.\n"
	      "With --corpus, what led further is kept as well.\n", stderr);
	return 2;
}

static struct shared *new_shared(void)
{
	struct shared *shared = mmap(NULL, sizeof(*shared),
				     PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		abort();
	shared->digest = 0xcbf29ce484222325ULL;
	return shared;
}

static int ready(void)
{
	int err = kmsg_open() ?: warden_setup();

	if (err)
		printf("Bail out! the machine cannot be made ready: %s\n",
		       strerror(-err));
	return err;
}

/* ------------------------------------------------------------------- fuzz */

static int be_fuzzer(struct session *s, void *arg)
{
	return session_fuzz(s);
}

static void show(const struct persona *persona, const struct shared *shared,
		 const struct cover *cover, bool guided)
{
	const struct tally *t = &shared->tally;

	printf("# %s: %lu inputs, %lu requests, %lu refused, %lu granted\n",
	       persona->name, t->inputs, t->messages, t->refused, t->granted);
	printf("# %s: %lu objects, %lu events\n", persona->name, t->objects,
	       t->events);
	if (guided)
		printf("# %s: corpus %lu; %lu places, %lu edges so far\n",
		       persona->name, shared->kept, cover->places,
		       cover->edges);
	else
		printf("# %s: blind, this kernel has no KCOV\n",
		       persona->name);
	printf("# %s: digest %016llx\n", persona->name,
	       (unsigned long long)shared->digest);
}

/* One persona's share. Returns false if something was wrong. */
static bool fuzz_as(const struct options *options,
		    const struct persona *persona, const struct cover *cover,
		    bool guided)
{
	struct shared *shared = new_shared();
	int status;

	status = session_run(options, persona, shared, guided, be_fuzzer,
			     NULL);
	show(persona, shared, cover, guided);
	/* who has done nothing has found nothing */
	if (!status && (!shared->tally.refused || !shared->tally.granted ||
			!shared->tally.objects ||
			(guided && (!shared->kept || !cover->edges)))) {
		printf("# %s has done next to nothing\n", persona->name);
		status = 1;
	}
	return !status && !shared->wrong;
}

/* What is only in the page cache does not survive the machine. */
static int open_at(const char *out)
{
	int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, fd;
	char *path;

	if (asprintf(&path, "%s/at", out) < 0)
		abort();
	fd = open(path, flags | O_DIRECT, 0666);
	if (fd < 0)
		fd = open(path, flags, 0666);
	free(path);
	return fd;
}

static int fuzz(struct options *options)
{
	const struct cover *cover = cover_share();
	unsigned int i, n = 0, failed = 0;
	bool guided = cover_open();

	printf("TAP version 13\n# seed %llu, %s\n1..%u\n",
	       (unsigned long long)options->seed,
	       options->churn ? "with churn" : "without churn",
	       options->as ? 1 : n_personas);
	if (ready())
		return 1;
	options->at = open_at(options->out);
	if (!options->as)
		options->seconds = (options->seconds + n_personas - 1) /
				   n_personas;
	for (i = 0; i < n_personas; i++) {
		bool right;

		if (options->as && strcmp(options->as, personas[i].name))
			continue;
		right = fuzz_as(options, &personas[i], cover, guided);
		printf("%sok %u netlink fuzzer, %s\n", right ? "" : "not ",
		       ++n, personas[i].name);
		failed += !right;
	}
	warden_cleanup();
	return failed || !n;
}

/* ------------------------------------------------------------------ replay */

struct replay {
	struct input input;
	bool minimise;
};

static int be_replayer(struct session *s, void *arg)
{
	struct replay *replay = arg;
	char why[WRONG_MAX];

	if (session_play(s, &replay->input, why, sizeof(why)))
		return 0;
	printf("# %s\n", why);
	if (replay->minimise)
		minimise(s, &replay->input, why);
	return 1;
}

static int load(struct input *input, const char *path, unsigned long from)
{
	FILE *in = fopen(path, "r");
	int err;

	if (!in) {
		perror(path);
		return -errno;
	}
	err = input_read(input, in, path);
	fclose(in);
	while (!err && from-- && input->n)
		input_remove(input, 0);
	if (!err && !input->n) {
		fprintf(stderr, "%s: there is no request in it\n", path);
		err = -EINVAL;
	}
	return err;
}

static int replay_file(const struct options *options, const char *path,
		       bool minimise)
{
	static struct replay replay;
	const struct persona *persona = &personas[0];
	struct shared *shared = new_shared();
	unsigned int i;
	int status;

	input_clear(&replay.input);
	replay.minimise = minimise;
	if (load(&replay.input, path, options->from))
		return 1;
	for (i = 0; i < n_personas; i++)
		if (!strcmp(personas[i].name, replay.input.as))
			persona = &personas[i];
	status = session_run(options, persona, shared, false, be_replayer,
			     &replay);
	printf("# %lu requests, %lu refused\n", shared->tally.messages,
	       shared->tally.refused);
	return status;
}

static int replay(struct options *options, char **paths, int n, bool minimise)
{
	int i, failed = 0;

	options->churn = false;
	printf("TAP version 13\n1..%d\n", n);
	if (ready())
		return 1;
	for (i = 0; i < n; i++) {
		const char *name = strrchr(paths[i], '/');
		int status = replay_file(options, paths[i], minimise);

		printf("%sok %d %s\n", status ? "not " : "", i + 1,
		       name ? name + 1 : paths[i]);
		failed += !!status;
	}
	warden_cleanup();
	return failed || !n;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "seconds", required_argument, NULL, 't' },
		{ "inputs", required_argument, NULL, 'i' },
		{ "seed", required_argument, NULL, 's' },
		{ "no-churn", no_argument, NULL, 'c' },
		{ "as", required_argument, NULL, 'a' },
		{ "out", required_argument, NULL, 'o' },
		{ "corpus", no_argument, NULL, 'k' },
		{ "replay", no_argument, NULL, 'r' },
		{ "minimise", no_argument, NULL, 'm' },
		{ "from", required_argument, NULL, 'f' },
		{ }
	};
	struct options options = {
		.seed = time(NULL), .seconds = 60, .churn = true, .out = ".",
	};
	int what = 0, opt;

	while ((opt = getopt_long(argc, argv, "", longs, NULL)) >= 0) {
		switch (opt) {
		case 't':
			options.seconds = strtoul(optarg, NULL, 0);
			break;
		case 'i':
			options.inputs = strtoul(optarg, NULL, 0);
			break;
		case 's':
			options.seed = strtoull(optarg, NULL, 0);
			break;
		case 'c':
			options.churn = false;
			break;
		case 'a':
			options.as = optarg;
			break;
		case 'o':
			options.out = optarg;
			break;
		case 'f':
			options.from = strtoul(optarg, NULL, 0);
			break;
		case 'k':
			options.corpus = true;
			break;
		case 'r':
		case 'm':
			what = opt;
			break;
		default:
			return usage();
		}
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (mkdir(options.out, 0777) && errno != EEXIST)
		perror(options.out);
	if (what && optind < argc)
		return replay(&options, argv + optind, argc - optind,
			      what == 'm');
	if (what || optind < argc)
		return usage();
	return fuzz(&options);
}
