// SPDX-License-Identifier: GPL-2.0-or-later
/* The program, run in this process. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "program.h"

#define WORDS_MAX 24

static struct output last;

/**
 * struct stream - one of the three, elsewhere while the program runs
 * @fd: its number
 * @file: what it is meanwhile
 * @saved: what it was
 */
struct stream {
	int fd;
	int file;
	int saved;
};

static void redirect(struct stream *s, int fd)
{
	s->fd = fd;
	s->file = memfd_create("stream", MFD_CLOEXEC);
	s->saved = dup(fd);
	if (s->file < 0 || s->saved < 0 || dup2(s->file, fd) < 0)
		abort();
}

static char *restore(struct stream *s)
{
	struct stat st;
	char *text;

	if (dup2(s->saved, s->fd) < 0 || fstat(s->file, &st))
		abort();
	text = calloc(1, st.st_size + 1);
	if (!text || pread(s->file, text, st.st_size, 0) != st.st_size)
		abort();
	close(s->saved);
	close(s->file);
	return text;
}

void free_output(void)
{
	free(last.out);
	free(last.err);
	memset(&last, 0, sizeof(last));
}

const struct output *run_program(const char *words, const char *input)
{
	char *copy = strdup(words), *rest = copy;
	char *argv[WORDS_MAX + 1] = { "vfiomig" };
	struct stream in, out, err;
	int argc = 1;

	while (argc < WORDS_MAX && (argv[argc] = strsep(&rest, "|")))
		if (*argv[argc])
			argc++;
	argv[argc] = NULL;

	free_output();
	fflush(stdout);
	fflush(stderr);
	redirect(&in, STDIN_FILENO);
	redirect(&out, STDOUT_FILENO);
	redirect(&err, STDERR_FILENO);
	if (input && write(in.file, input, strlen(input)) < 0)
		abort();
	lseek(STDIN_FILENO, 0, SEEK_SET);
	clearerr(stdin);
	last.rc = cli_main(argc, argv);
	fflush(stdin);
	clearerr(stdin);
	clearerr(stdout);
	last.err = restore(&err);
	last.out = restore(&out);
	free(restore(&in));
	free(copy);
	return &last;
}
