// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Many targets, to hold one source after the other against all of them.
 *
 * What targets say is kept once however many say it, and what decides nothing
 * is not kept: the devices of a fleet differ in what they are called, and
 * hardly in anything else. Those that no source tells apart are of one sort,
 * and judged once.
 */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "../../kernel/match.h"
#include "internal.h"

/* Bytes that are asked for at once. */
#define BLOCK_SIZE 65536

/**
 * struct block - room for what a fleet keeps
 * @next: the one before it
 * @used: bytes at @data that are taken
 * @data: what is kept, in the order in which it is looked at
 */
struct block {
	struct block *next;
	size_t used;
	uint64_t data[];
};

/**
 * struct word - an attribute that targets say
 * @view: it, read, which points into @wire
 * @wire: it, as it stands in a message
 */
struct word {
	struct vfio_mig_view view;
	uint8_t wire[] __attribute__((aligned(4)));
};

/**
 * struct sort - targets that no source tells apart
 * @number: where it stands in the fleet
 * @n: how many @views there are
 * @views: what they say, in order of the names: words
 */
struct sort {
	size_t number;
	unsigned int n;
	const struct vfio_mig_view *const *views;
};

/**
 * struct member - a target
 * @handle: what it is called, in a block
 * @document: where it was read, or NULL
 * @sort: of which sort it is
 * @available: how many devices can be created from it, if that is known
 * @kind: what it is
 * @in_use: it is a device that is open
 * @has_available: @available is known
 */
struct member {
	const char *handle;
	struct vmig_document *document;
	uint32_t sort;
	uint32_t available;
	uint8_t kind;
	bool in_use;
	bool has_available;
};

/**
 * struct vfiomig_fleet - targets
 * @ctx: for the error
 * @blocks: hold words, sorts and handles
 * @words: tree of the words, by what they say
 * @tree: tree of the sorts
 * @sorts: the sorts, by number
 * @n_sorts: how many there are
 * @sorts_room: how many @sorts has room for
 * @members: the targets
 * @n: how many there are
 * @room: how many @members has room for
 * @index: the target that is being added
 * @list: its attributes, in order of the names
 */
struct vfiomig_fleet {
	struct vfiomig *ctx;
	struct block *blocks;
	void *words;
	void *tree;
	struct sort **sorts;
	size_t n_sorts;
	size_t sorts_room;
	struct member *members;
	size_t n;
	size_t room;
	struct vfio_mig_index index;
	const struct vfio_mig_view *list[VFIO_MIG_ATTRS_MAX];
};

int vfiomig_fleet_new(struct vfiomig *ctx, struct vfiomig_fleet **fleet)
{
	struct vfiomig_fleet *f = calloc(1, sizeof(*f));

	if (!f)
		return vmig_nomem(ctx);
	f->ctx = ctx;
	*fleet = f;
	return 0;
}

/* That stands in a block. */
static void leave(void *kept)
{
	(void)kept;
}

void vfiomig_fleet_free(struct vfiomig_fleet *fleet)
{
	struct block *block;

	if (!fleet)
		return;
	for (size_t i = 0; i < fleet->n; i++)
		vmig_document_unref(fleet->members[i].document);
	free(fleet->members);
	free(fleet->sorts);
	tdestroy(fleet->tree, leave);
	tdestroy(fleet->words, leave);
	while ((block = fleet->blocks)) {
		fleet->blocks = block->next;
		free(block);
	}
	free(fleet);
}

/* Room that lasts as long as the fleet, or NULL if there is no memory. */
static void *keep(struct vfiomig_fleet *fleet, size_t size)
{
	struct block *block = fleet->blocks;
	void *room;

	size = (size + sizeof(uint64_t) - 1) / sizeof(uint64_t) *
	       sizeof(uint64_t);
	if (!block || block->used + size > BLOCK_SIZE) {
		block = malloc(sizeof(*block) +
			       (size > BLOCK_SIZE ? size : BLOCK_SIZE));
		if (!block)
			return NULL;
		block->next = fleet->blocks;
		block->used = 0;
		fleet->blocks = block;
	}
	room = (char *)block->data + block->used;
	block->used += size;
	return room;
}

size_t vfiomig_fleet_len(const struct vfiomig_fleet *fleet)
{
	return fleet->n;
}

const char *vfiomig_fleet_handle(const struct vfiomig_fleet *fleet, size_t at)
{
	return at < fleet->n ? fleet->members[at].handle : NULL;
}

/* ------------------------------------------------------- words and sorts */

static int by_wire(const void *a, const void *b)
{
	const struct vfio_mig_view *one = a, *two = b;

	if (one->len != two->len)
		return one->len < two->len ? -1 : 1;
	return memcmp(one->wire, two->wire, one->len);
}

static int by_views(const void *a, const void *b)
{
	const struct sort *one = a, *two = b;

	return vfio_mig_views_order(one->views, one->n, two->views, two->n);
}

static struct vfio_mig_view *new_word(struct vfiomig_fleet *fleet,
				      const struct vfio_mig_view *view)
{
	struct word *word = keep(fleet, sizeof(*word) + view->len);

	if (!word)
		return NULL;
	memcpy(word->wire, view->wire, view->len);
	/* what was read once can be read again; else the target is refused */
	if (vfio_mig_view_read(&word->view, word->wire, view->len))
		return NULL;
	return &word->view;
}

/* The word that says what @view says, or NULL if there is no memory. */
static const struct vfio_mig_view *get_word(struct vfiomig_fleet *fleet,
					    const struct vfio_mig_view *view)
{
	struct vfio_mig_view **found, *word;

	found = tsearch(view, &fleet->words, by_wire);
	if (!found || *found != view)
		return found ? *found : NULL;

	word = new_word(fleet, view);
	if (!word) {
		tdelete(view, &fleet->words, by_wire);
		return NULL;
	}
	*found = word;
	return word;
}

/* What informs is looked up only if it is to stay. */
static bool get_words(struct vfiomig_fleet *fleet, unsigned int n, bool informs)
{
	for (unsigned int i = 0; i < n; i++) {
		if (fleet->list[i]->informs != informs)
			continue;
		fleet->list[i] = get_word(fleet, fleet->list[i]);
		if (!fleet->list[i])
			return false;
	}
	return true;
}

static bool make_room(void **array, size_t n, size_t *room, size_t size)
{
	size_t more = *room ? *room + *room / 2 : 16;
	void *larger;

	if (n < *room)
		return true;
	larger = reallocarray(*array, more, size);
	if (!larger)
		return false;
	*array = larger;
	*room = more;
	return true;
}

/* A sort that says what the list says. */
static struct sort *new_sort(struct vfiomig_fleet *fleet, unsigned int n)
{
	size_t size = n * sizeof(fleet->list[0]);
	struct sort *sort = keep(fleet, sizeof(*sort) + size);

	if (!sort)
		return NULL;
	sort->n = n;
	sort->number = fleet->n_sorts;
	sort->views = memcpy(sort + 1, fleet->list, size);
	return sort;
}

static const struct sort *add_sort(struct vfiomig_fleet *fleet, unsigned int n)
{
	struct sort *sort;

	if (!get_words(fleet, n, true) ||
	    !make_room((void **)&fleet->sorts, fleet->n_sorts,
		       &fleet->sorts_room, sizeof(*fleet->sorts)))
		return NULL;
	sort = new_sort(fleet, n);
	if (!sort || !tsearch(sort, &fleet->tree, by_views))
		return NULL;
	fleet->sorts[fleet->n_sorts++] = sort;
	return sort;
}

/* The sort of what the list says, or NULL if there is no memory. */
static const struct sort *get_sort(struct vfiomig_fleet *fleet, unsigned int n)
{
	const struct sort key = { .n = n, .views = fleet->list };
	struct sort **found;

	if (!get_words(fleet, n, false))
		return NULL;
	found = tfind(&key, &fleet->tree, by_views);
	return found ? *found : add_sort(fleet, n);
}

/* --------------------------------------------------------------- targets */

int vfiomig_fleet_add(struct vfiomig_fleet *fleet,
		      const struct vfiomig_object *target)
{
	const struct sort *sort;
	struct member *m;
	char *handle;
	int err;

	err = vmig_object_index(fleet->ctx, target, &fleet->index);
	if (err)
		return err;
	vfio_mig_index_list(&fleet->index, fleet->list);

	sort = get_sort(fleet, fleet->index.n);
	if (!sort || !make_room((void **)&fleet->members, fleet->n,
				&fleet->room, sizeof(*m)))
		return vmig_nomem(fleet->ctx);

	handle = keep(fleet, strlen(target->handle) + 1);
	if (!handle)
		return vmig_nomem(fleet->ctx);

	m = &fleet->members[fleet->n];
	memset(m, 0, sizeof(*m));
	m->handle = strcpy(handle, target->handle);
	if (target->document)
		m->document = vmig_document_ref(target->document);
	m->sort = sort->number;
	m->kind = target->kind;
	m->in_use = target->in_use;
	m->has_available = target->has_available;
	m->available = target->available;
	fleet->n++;
	return 0;
}

/* ---------------------------------------------------------------- checks */

/* The source, in which what targets say as well is the fleet's word. */
static void list_source(const struct vfiomig_fleet *fleet,
			const struct vfio_mig_index *source,
			const struct vfio_mig_view **list)
{
	vfio_mig_index_list(source, list);
	for (unsigned int i = 0; i < source->n; i++) {
		const struct vfio_mig_view *const *found;

		found = tfind(list[i], &fleet->words, by_wire);
		if (found)
			list[i] = *found;
	}
}

int vfiomig_fleet_judge(const struct vfiomig_fleet *fleet,
			const struct vfiomig_check *check, uint8_t *verdicts)
{
	const struct vfio_mig_index *source = vmig_check_index(check);
	const struct vfio_mig_view *list[VFIO_MIG_ATTRS_MAX];
	uint8_t *of_sort;

	of_sort = malloc(fleet->n_sorts + 1);
	if (!of_sort)
		return vmig_nomem(fleet->ctx);
	list_source(fleet, source, list);
	for (size_t i = 0; i < fleet->n_sorts; i++) {
		const struct sort *sort = fleet->sorts[i];

		of_sort[i] = vfio_mig_match_views(list, source->n, sort->views,
						  sort->n, NULL, NULL);
	}
	for (size_t i = 0; i < fleet->n; i++)
		verdicts[i] = of_sort[fleet->members[i].sort];
	free(of_sort);
	return 0;
}

int vfiomig_fleet_result(const struct vfiomig_fleet *fleet,
			 struct vfiomig_check *check, size_t at,
			 struct vfiomig_result **result)
{
	const struct member *m;
	const struct sort *sort;

	if (at >= fleet->n)
		return vmig_fail(fleet->ctx, VFIOMIG_CAUSE_INPUT, EINVAL,
				 "of %zu targets, none has the number %zu",
				 fleet->n, at);
	m = &fleet->members[at];
	sort = fleet->sorts[m->sort];
	return vmig_check_views(check, sort->views, sort->n,
				&(struct vfiomig_result) {
					.kind = m->kind,
					.handle = m->handle,
					.in_use = m->in_use,
					.has_available = m->has_available,
					.available = m->available,
				}, m->document, result);
}
