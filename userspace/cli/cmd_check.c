// SPDX-License-Identifier: GPL-2.0-or-later
/* vfiomig check: what is judged. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "cli.h"
#include "hints.h"
#include "source.h"

/* Devices between two looks at the clock. */
#define OFTEN 256

/**
 * struct check - a check under way
 * @cli: the run of the program
 * @input: standard input, if it is read more than once
 * @words: the words
 * @check: the source, ready to be held against targets
 * @place: the file that the source was read from
 * @in_file: the source was read from a file
 * @answer: what came of it
 * @begun: when it began
 * @told: how far it has come was told on the terminal
 */
struct check {
	struct cli *cli;
	FILE *input;
	struct word *words;
	struct vfiomig_check *check;
	struct stat place;
	bool in_file;
	struct answer answer;
	struct timespec begun;
	bool told;
};

/* ---------------------------------------------------------------- words */

/* Nothing is read or asked for as long as a word may be wrong. */
static int read_words(struct check *c)
{
	int rc = RC_OK;

	c->words = calloc(c->cli->argc, sizeof(*c->words));
	if (!c->words)
		no_memory();
	for (int i = 0; i < c->cli->argc; i++) {
		rc = word_read(c->cli, c->cli->argv[i], &c->words[i]);
		if (rc != RC_OK)
			break;
	}
	return rc;
}

/* ---------------------------------------------------------------- files */

/* Standard input can be read once; who names it twice means the same. */
static int keep_input(struct check *c)
{
	char buffer[65536];
	int times = 0;
	size_t len;

	for (int i = 0; i < c->cli->argc; i++)
		times += word_is_stdin(&c->words[i]);
	if (times < 2)
		return RC_OK;

	c->input = tmpfile();
	if (!c->input)
		return system_error(c->cli, errno, "temporary file");
	while ((len = fread(buffer, 1, sizeof(buffer), stdin)))
		if (fwrite(buffer, 1, len, c->input) != len)
			return system_error(c->cli, errno, "temporary file");
	if (ferror(stdin))
		return input_error(c->cli, errno, "%s: standard input: %s",
				   c->cli->command->words, strerror(errno));
	if (fflush(c->input))
		return system_error(c->cli, errno, "temporary file");
	return RC_OK;
}

static FILE *open_file(struct check *c, const struct word *word)
{
	if (!word_is_stdin(word))
		return fopen(word->file, "re");
	if (!c->input)
		return stdin;
	rewind(c->input);
	return c->input;
}

static void close_file(struct check *c, FILE *file)
{
	if (file != stdin && file != c->input)
		fclose(file);
}

/* ---------------------------------------------------------- the targets */

static struct target *add_target(struct check *c)
{
	struct answer *a = &c->answer;
	struct target *t;

	if (a->n == a->room) {
		a->room = a->room ? 2 * a->room : 16;
		a->targets = reallocarray(a->targets, a->room,
					  sizeof(*a->targets));
		if (!a->targets)
			no_memory();
	}
	t = memset(&a->targets[a->n], 0, sizeof(*t));
	t->place = a->n++;
	return t;
}

static void drop_targets(struct check *c, size_t n)
{
	struct answer *a = &c->answer;

	while (a->n > n) {
		struct target *t = &a->targets[--a->n];

		vfiomig_result_free(t->result);
		free(t->attribute);
		free(t->message);
	}
}

/* It cannot be judged; the others can all the same. */
static void add_failure(struct check *c, const char *name, int code,
			int errnum, const char *attribute, char *message)
{
	struct target *t = add_target(c);

	t->name = name;
	t->code = code;
	t->errnum = errnum;
	t->attribute = attribute ? format("%s", attribute) : NULL;
	t->message = message;
}

static void add_library_failure(struct check *c, const char *name,
				const char *culprit)
{
	const struct vfiomig_error *e = vfiomig_last_error(c->cli->lib);

	add_failure(c, name, exit_code(e), e->errnum, e->attribute,
		    library_message(c->cli, culprit));
}

static long milliseconds_since(const struct timespec *begun)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - begun->tv_sec) * 1000 +
	       (now.tv_nsec - begun->tv_nsec) / 1000000;
}

/* Who waits at a terminal is told that it goes on. */
static void tell_progress(struct check *c)
{
	if (c->answer.n % OFTEN || !isatty(STDERR_FILENO) ||
	    milliseconds_since(&c->begun) < 1000)
		return;

	fprintf(stderr, "\r%zu judged", c->answer.n);
	c->told = true;
}

static void end_progress(const struct check *c)
{
	if (c->told)
		fputs("\r\033[K", stderr);
}

/* Hints are for who wants details, and who reads them may want them. */
static bool wants_hints(const struct check *c)
{
	return c->cli->json || c->cli->verbose;
}

static void add_result(struct check *c, struct vfiomig_result *result,
		       struct vfiomig_object *object)
{
	struct target *t = add_target(c);

	t->result = result;
	if (object && wants_hints(c))
		t->hints = hints_of(object);
	tell_progress(c);
}

static int judge(struct check *c, struct vfiomig_object *object)
{
	struct vfiomig_result *result;
	int err;

	err = vfiomig_check_target(c->check, object, &result);
	if (!err)
		add_result(c, result, object);
	return err;
}

/**
 * struct candidates - the targets that a file stands for
 * @check: the check
 * @word: how it was named
 * @same_file: it is the file that the source was read from
 * @self: the source, where it is found among them
 */
struct candidates {
	struct check *check;
	const struct word *word;
	bool same_file;
	struct vfiomig_object *self;
};

static bool is_self(const struct candidates *k,
		    const struct vfiomig_object *object)
{
	const struct vfiomig_object *source = k->check->answer.source;

	return k->same_file &&
	       vfiomig_object_document(object) ==
	       vfiomig_object_document(source) &&
	       !strcmp(vfiomig_object_handle(object),
		       vfiomig_object_handle(source));
}

static int take_candidate(struct vfiomig_object *object, void *arg)
{
	struct candidates *k = arg;
	const char *handle = k->word->handle;

	if (handle && strcmp(handle, vfiomig_object_handle(object)))
		return 0;
	/* a target by its name, but no candidate among others */
	if (!handle && is_self(k, object)) {
		k->self = vfiomig_object_ref(object);
		return 0;
	}
	return judge(k->check, object);
}

static bool is_place_of_source(const struct check *c, FILE *file)
{
	struct stat st;

	return c->in_file && !fstat(fileno(file), &st) &&
	       st.st_dev == c->place.st_dev && st.st_ino == c->place.st_ino;
}

/* All that a file holds, or what in it is named. */
static void judge_file(struct check *c, const struct word *word)
{
	struct candidates k = { .check = c, .word = word };
	FILE *file = open_file(c, word);
	size_t before = c->answer.n;
	int err;

	if (!file) {
		add_failure(c, word->text, RC_USAGE, errno, NULL,
			    format("%s %s: %s", c->cli->command->words,
				   word->file, strerror(errno)));
		return;
	}
	k.same_file = is_place_of_source(c, file);
	err = vfiomig_profile_read(c->cli->lib, file, word->file,
				   take_candidate, &k);
	/* a file that holds the source alone means it */
	if (!err && k.self && c->answer.n == before)
		err = judge(c, k.self);
	close_file(c, file);
	vfiomig_object_unref(k.self);

	if (err) {
		/* nothing of a file that is not in order counts */
		drop_targets(c, before);
		add_library_failure(c, word->text, NULL);
	} else if (word->handle && c->answer.n == before) {
		add_failure(c, word->text, RC_NOT_FOUND, ENODEV, NULL,
			    format("%s %s: it holds no %s",
				   c->cli->command->words, word->file,
				   word->handle));
	}
}

/* What the kernel cannot judge, for it only stands in sysfs, is judged here. */
static int judge_here(struct check *c, const struct vfiomig_handle *handle)
{
	struct vfiomig_object *object;
	int err;

	err = vfiomig_get(c->cli->lib, handle, &object);
	if (err)
		return err;
	err = judge(c, object);
	vfiomig_object_unref(object);
	return err;
}

static bool is_here(const struct vfiomig_object *object)
{
	return !vfiomig_object_file(object) &&
	       !vfiomig_object_from_sysfs(object);
}

/* A verdict stands without the profile: no hint is no mistake. */
static void add_with_profile(struct check *c,
			     const struct vfiomig_handle *handle,
			     struct vfiomig_result *result)
{
	struct vfiomig_object *object = NULL;

	if (wants_hints(c) && vfiomig_get(c->cli->lib, handle, &object))
		object = NULL;
	add_result(c, result, object);
	vfiomig_object_unref(object);
}

/* The kernel judges what it knows of, and all in one request. */
static int ask_kernel(struct check *c, const struct vfiomig_handle *handle)
{
	struct vfiomig_result *result;
	int err;

	err = vfiomig_check_ask(c->check, handle, &result);
	if (!err)
		add_with_profile(c, handle, result);
	else if (handle->parent && vfiomig_last_error(c->cli->lib)->cause ==
				   VFIOMIG_CAUSE_NOT_FOUND)
		err = judge_here(c, handle);
	return err;
}

static void judge_handle(struct check *c, const struct word *word)
{
	struct vfiomig_handle *handle;
	int err;

	err = vfiomig_handle_parse(c->cli->lib, word->handle, &handle);
	if (!err) {
		err = ask_kernel(c, handle);
		vfiomig_handle_free(handle);
	}
	if (err)
		add_library_failure(c, word->text, word->text);
}

static void judge_named(struct check *c)
{
	for (int i = 1; i < c->cli->argc; i++) {
		if (c->words[i].file)
			judge_file(c, &c->words[i]);
		else
			judge_handle(c, &c->words[i]);
	}
}

/*
 * Profiles for what the kernel has judged. Both lists have its order, so that
 * what is looked for next comes next.
 */
static void add_profiles(struct check *c, enum vfiomig_kind kind,
			 const struct vfiomig_list *list)
{
	size_t n = vfiomig_list_len(list), at = 0;

	for (size_t i = 0; i < c->answer.n; i++) {
		struct target *t = &c->answer.targets[i];

		if (t->result->kind != kind)
			continue;
		for (size_t j = 0; j < n; j++) {
			struct vfiomig_object *o;

			o = vfiomig_list_get(list, at++ % n);
			if (strcmp(vfiomig_object_handle(o),
				   t->result->handle))
				continue;
			t->hints = hints_of(o);
			break;
		}
	}
}

/* What the devices are: the kernel has told how they were judged. */
static void get_profiles(struct check *c)
{
	struct vfiomig_list *list;

	if (!wants_hints(c) ||
	    vfiomig_dump(c->cli->lib, VFIOMIG_DEVICE, &list))
		return;
	add_profiles(c, VFIOMIG_DEVICE, list);
	vfiomig_list_free(list);
}

/* The types that the kernel does not know of. */
static int judge_sysfs(struct check *c)
{
	const char *self = vfiomig_object_handle(c->answer.source);
	struct vfiomig_object *object;
	struct vfiomig_list *list;
	int err;

	err = vfiomig_dump(c->cli->lib, VFIOMIG_TYPE, &list);
	if (err)
		return err;
	if (wants_hints(c))
		add_profiles(c, VFIOMIG_TYPE, list);
	for (size_t i = 0; !err && (object = vfiomig_list_get(list, i)); i++) {
		if (is_here(object))
			continue;
		if (!c->in_file && !strcmp(vfiomig_object_handle(object), self))
			continue;
		err = judge(c, object);
	}
	vfiomig_list_free(list);
	return err;
}

/* Everything in this namespace. */
static int judge_all(struct check *c)
{
	struct vfiomig_result **results;
	size_t n;
	int err;

	err = vfiomig_check_ask_all(c->check, &results, &n);
	if (err)
		return library_error(c->cli, NULL);
	for (size_t i = 0; i < n; i++)
		add_result(c, results[i], NULL);
	free(results);

	get_profiles(c);
	err = judge_sysfs(c);
	return err ? library_error(c->cli, NULL) : RC_OK;
}

/* ----------------------------------------------------------- the source */

static int source_from_file(struct check *c, const struct word *word)
{
	FILE *file = open_file(c, word);
	int rc;

	if (!file)
		return source_not_open(c->cli, word);
	c->in_file = !fstat(fileno(file), &c->place);
	rc = source_read(c->cli, word, file, &c->answer.source);
	close_file(c, file);
	return rc;
}

static int get_source(struct check *c)
{
	const struct word *word = &c->words[0];
	int rc;

	if (word->file)
		rc = source_from_file(c, word);
	else
		rc = source_ask(c->cli, word, &c->answer.source);
	if (rc != RC_OK)
		return rc;

	if (vfiomig_check_new(c->cli->lib, c->answer.source, &c->check))
		return library_error(c->cli, word->text);
	return RC_OK;
}

/* ------------------------------------------------------------ all of it */

static int by_order(const void *a, const void *b)
{
	const struct target *one = a, *two = b;
	int order = !one->result - !two->result;

	if (one->result && two->result)
		order = vfiomig_result_order(one->result, two->result);
	if (!order)
		order = one->place < two->place ? -1 : 1;

	return order;
}

static int run_check(struct check *c)
{
	struct answer *a = &c->answer;
	int rc;

	rc = read_words(c);
	if (rc == RC_OK)
		rc = keep_input(c);
	if (rc == RC_OK)
		rc = get_source(c);
	if (rc != RC_OK)
		return rc;

	a->named = c->cli->argc > 1;
	if (a->named)
		judge_named(c);
	else
		rc = judge_all(c);
	end_progress(c);
	if (rc != RC_OK)
		return rc;

	if (a->n)
		qsort(a->targets, a->n, sizeof(*a->targets), by_order);
	print_answer(c->cli, a);
	return answer_code(a);
}

int cmd_check(struct cli *cli)
{
	struct check c = { .cli = cli };
	int rc;

	if (!cli->argc)
		return usage_error(cli,
				   "%s: no source given (see: vfiomig help %s)",
				   cli->command->words, cli->command->words);

	clock_gettime(CLOCK_MONOTONIC, &c.begun);
	rc = run_check(&c);

	drop_targets(&c, 0);
	free(c.answer.targets);
	vfiomig_check_free(c.check);
	vfiomig_object_unref(c.answer.source);
	for (int i = 0; c.words && i < cli->argc; i++)
		word_free(&c.words[i]);
	free(c.words);
	if (c.input)
		fclose(c.input);
	return rc;
}
