// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "session.h"

/* What is asked of the warden, beside what is to be kept. */
#define ASK_RESET	(-1)

/**
 * struct note - what a player says to the warden
 * @what: ASK_RESET, or one of enum keep
 * @len: bytes that follow
 */
struct note {
	int what;
	unsigned int len;
};

static bool all(int fd, void *buf, size_t len, bool out)
{
	char *at = buf;

	while (len) {
		ssize_t n = out ? write(fd, at, len) : read(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= n;
	}
	return true;
}

/* ------------------------------------------------------------- the player */

static int tell(struct session *s, int what, const char *text, size_t len)
{
	struct note note = { .what = what, .len = len };
	int err = -EPIPE;

	if (!all(s->line, &note, sizeof(note), true) ||
	    !all(s->line, (void *)text, len, true) ||
	    !all(s->line, &err, sizeof(err), false))
		exit(1);
	return err;
}

/**
 * session_reset - have the devices made anew, and look at them
 * @s: the session
 *
 * Return: 0 or a negative error.
 */
int session_reset(struct session *s)
{
	int err = 0;

	/* where nobody else has the right to */
	if (s->persona->own_ns)
		err = policy_forget(&s->player.nl);
	return err ?: tell(s, ASK_RESET, NULL, 0) ?: player_look(&s->player);
}

/**
 * session_keep - have an input kept in a file
 * @s: the session
 * @what: why it is kept
 * @input: the input
 * @why: what is wrong, or NULL
 */
void session_keep(struct session *s, enum keep what,
		  const struct input *input, const char *why)
{
	char *text = NULL;
	size_t len = 0, i;
	FILE *out = open_memstream(&text, &len);

	if (what == KEEP_WRONG)
		fprintf(out, "# SPDX-%s\n# %s\n# seed %llu, %s\n",
			"License-Identifier: GPL-2.0-only", why,
			(unsigned long long)s->options->seed,
			s->options->churn ? "with churn" : "without churn");
	if (!input->as[0])
		fprintf(out, "as %s\n", s->persona->name);
	input_print(input, out);
	fclose(out);
	for (i = 0; what == KEEP_ROUND && i < len; i++)
		s->shared->digest = (s->shared->digest ^ (__u8)text[i]) *
				    0x100000001b3ULL;
	tell(s, what, text, len);
	free(text);
}

/**
 * session_play - play an input on devices that are as new
 * @s: the session
 * @input: the input
 * @why: where to tell what is wrong
 * @size: how much room there is
 *
 * Return: true if nothing is wrong.
 */
bool session_play(struct session *s, const struct input *input, char *why,
		  size_t size)
{
	if (session_reset(s)) {
		snprintf(why, size, "reset: the devices cannot be made anew");
		return false;
	}
	if (!play(&s->player, input)) {
		snprintf(why, size, "%s", s->player.wrong);
		return false;
	}
	return !kmsg_complaint(why, size);
}

/* ------------------------------------------------------------- the warden */

static void write_file(const char *path, const char *mode, const char *text,
		       size_t len)
{
	FILE *out = fopen(path, mode);

	if (!out || fwrite(text, 1, len, out) != len || fclose(out))
		perror(path);
}

static void keep(struct session *s, const struct note *note, const char *text)
{
	const char *out = s->options->out;
	const char *mode = note->what == KEEP_CORPUS ? "a" : "w";
	char *path = NULL;
	const char *line;
	int err;

	switch (note->what) {
	case KEEP_ROUND:
		err = asprintf(&path, "%s/round", out);
		break;
	case KEEP_WRONG:
		err = asprintf(&path, "%s/%s-%u", out, s->persona->name,
			       ++s->shared->wrong);
		/* why is told in the second line */
		line = strchr(text, '\n') + 3;
		printf("# %s: %.*s\n", path, (int)strcspn(line, "\n"), line);
		break;
	default:
		err = asprintf(&path, "%s/corpus-%s", out, s->persona->name);
	}
	if (err < 0)
		abort();
	write_file(path, mode, text, note->len);
	free(path);
}

/* Serves a player, until it has gone. */
static void serve(struct session *s, pid_t player)
{
	struct note note;

	while (all(s->line, &note, sizeof(note), false)) {
		char *text = fuzz_alloc(note.len + 1);
		int err = 0;

		if (!all(s->line, text, note.len, false))
			break;
		if (note.what == ASK_RESET)
			err = warden_reset(s->persona, player,
					   s->options->churn);
		else
			keep(s, &note, text);
		free(text);
		if (!all(s->line, &err, sizeof(err), true))
			break;
	}
}

static int be_player(struct session *s,
		     int (*player)(struct session *s, void *arg), void *arg)
{
	int err;

	s->guided = s->guided && cover_open();
	s->player.tally = &s->shared->tally;
	s->player.alone = !s->options->churn;
	err = warden_become(s->persona, s->player.world.fds) ?:
	      player_open(&s->player);
	if (err) {
		fprintf(stderr, "%s cannot play: %s\n", s->persona->name,
			strerror(-err));
		return 1;
	}
	err = player(s, arg);
	player_close(&s->player);
	return err;
}

/**
 * session_run - let somebody play
 * @options: what was asked for
 * @persona: who plays
 * @shared: what the player and the warden both see
 * @guided: the kernel tells what ran
 * @player: what it does
 * @arg: handed to @player
 *
 * Return: the player's status.
 */
int session_run(const struct options *options, const struct persona *persona,
		struct shared *shared, bool guided,
		int (*player)(struct session *s, void *arg), void *arg)
{
	static struct session s;
	int lines[2], status, n = 0;
	pid_t pid, churners[4];

	memset(&s, 0, sizeof(s));
	s.options = options;
	s.persona = persona;
	s.shared = shared;
	s.guided = guided;
	/* else all of them would begin with the same */
	s.dice.state = options->seed + ((__u64)(persona - personas) << 32);
	s.dice.handles = &s.player.handles;
	fflush(NULL);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, lines))
		return 1;
	pid = fork();
	if (pid < 0)
		return 1;
	s.line = lines[!pid];
	close(lines[!!pid]);
	if (!pid) {
		status = be_player(&s, player, arg);
		fflush(NULL);
		_exit(status);
	}
	if (options->churn)
		n = warden_churn(churners, 4, options->seed);
	serve(&s, pid);
	close(s.line);
	waitpid(pid, &status, 0);
	while (n--) {
		kill(churners[n], SIGKILL);
		waitpid(churners[n], NULL, 0);
	}
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	printf("# %s was killed: %s\n", persona->name,
	       strsignal(WTERMSIG(status)));
	return 1;
}
