// SPDX-License-Identifier: GPL-2.0-or-later
/* vfiomig monitor: which events are printed. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "monitor.h"

/* Those that concern no object say how far the others can be relied on. */
static bool is_always_told(const struct vfiomig_event *event)
{
	return !event->object;
}

static bool fits(const struct patterns *patterns, const char *text, int flags)
{
	for (int i = 0; i < patterns->n; i++)
		if (!fnmatch(patterns->globs[i], text, flags))
			return true;

	return false;
}

/* Of a change, what has changed; otherwise what comes or goes with it. */
static bool has_attr(const struct patterns *attrs,
		     const struct vfiomig_event *event)
{
	const struct vfiomig_attr *attr, *before;
	size_t cursor[2] = { 0, 0 };

	if (event->old) {
		while (vfiomig_change_next(event, cursor, &before, &attr))
			if (fits(attrs, (attr ? attr : before)->name, 0))
				return true;
		return false;
	}
	for (size_t i = 0; (attr = vfiomig_object_attr(event->object, i)); i++)
		if (fits(attrs, attr->name, 0))
			return true;

	return false;
}

bool filter_passes(const struct filter *filter,
		   const struct vfiomig_event *event)
{
	if (is_always_told(event))
		return true;
	if (filter->events && !(filter->events & 1u << event->kind))
		return false;
	if (filter->handles.n &&
	    !fits(&filter->handles, vfiomig_object_handle(event->object),
		  FNM_PATHNAME))
		return false;

	return !filter->attrs.n || has_attr(&filter->attrs, event);
}

/* ------------------------------------------------- from the command line */

static unsigned int event_number(const char *name)
{
	const char *known;

	for (unsigned int i = 1; (known = vfiomig_event_name(i)); i++)
		if (!strcmp(known, name))
			return i;

	return 0;
}

/* All events there are, divided by commas. */
static char *event_list(void)
{
	char *list = format("%s", vfiomig_event_name(1)), *longer;

	for (unsigned int i = 2; vfiomig_event_name(i); i++) {
		longer = format("%s, %s", list, vfiomig_event_name(i));
		free(list);
		list = longer;
	}
	return list;
}

static int no_such_event(struct cli *cli, const char *name)
{
	char *known = event_list();
	int rc;

	rc = usage_error(cli, "%s: --event: there is no event \"%s\", but %s",
			 cli->command->words, name, known);
	free(known);
	return rc;
}

static int read_events(struct cli *cli, const char *list, unsigned int *events)
{
	char *copy = format("%s", list), *rest = copy, *name;
	int rc = RC_OK;

	while (!rc && (name = strsep(&rest, ","))) {
		unsigned int number = event_number(name);

		if (number)
			*events |= 1u << number;
		else
			rc = no_such_event(cli, name);
	}
	free(copy);
	return rc;
}

static int read_attrs(struct cli *cli, const char *list,
		      struct patterns *attrs)
{
	char *rest, *glob;
	int room = 1;

	for (const char *c = list; *c; c++)
		room += *c == ',';
	attrs->text = format("%s", list);
	attrs->globs = calloc(room, sizeof(*attrs->globs));
	if (!attrs->globs)
		no_memory();

	rest = attrs->text;
	while ((glob = strsep(&rest, ","))) {
		if (!*glob)
			return usage_error(cli,
					   "%s: --attr: a name of an attribute is missing in \"%s\"",
					   cli->command->words, list);
		attrs->globs[attrs->n++] = glob;
	}
	return RC_OK;
}

/* Like a handle, which has two or three parts; or it could never fit. */
static int check_handle(const struct cli *cli, const char *glob)
{
	const char *part = glob;
	int parts = 0;

	do {
		size_t len = strcspn(part, "/");

		parts++;
		if (!len)
			parts = 9;
		part += len;
	} while (*part++);

	if (parts == 2 || parts == 3)
		return RC_OK;

	return usage_error(cli,
			   "%s %s: fits no handle: BUS/NAME is that of a device, BUS/PARENT/TYPE that of a type, and * fits no slash",
			   cli->command->words, glob);
}

/* All mistakes are told before anything is watched. */
int filter_read(struct cli *cli, struct filter *filter)
{
	const char *events = option_value(cli, OPTION_EVENT);
	const char *attrs = option_value(cli, OPTION_ATTR);
	int rc = RC_OK;

	memset(filter, 0, sizeof(*filter));
	filter->handles.n = cli->argc;
	filter->handles.globs = cli->argv;
	for (int i = 0; !rc && i < cli->argc; i++)
		rc = check_handle(cli, cli->argv[i]);
	if (!rc && events)
		rc = read_events(cli, events, &filter->events);
	if (!rc && attrs)
		rc = read_attrs(cli, attrs, &filter->attrs);
	if (rc)
		filter_free(filter);
	return rc;
}

void filter_free(struct filter *filter)
{
	free(filter->attrs.globs);
	free(filter->attrs.text);
}
