/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of the library share. Nothing of it is exported. */
#ifndef VFIOMIG_INTERNAL_H
#define VFIOMIG_INTERNAL_H

#include <dirent.h>
#include <sys/types.h>

#include <linux/genetlink.h>
#include <linux/vfio_mig.h>

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "vfiomig.h"

/* ------------------------------------------------------ names.c: the spec */

/**
 * enum vmig_wire - how an attribute stands on the wire
 * @VMIG_NONE: there is no such attribute
 * @VMIG_U8: one byte
 * @VMIG_U32: four bytes
 * @VMIG_U64: eight bytes, perhaps not aligned
 * @VMIG_STRING: bytes other than 0, and one that is 0
 * @VMIG_BINARY: any bytes
 * @VMIG_NEST: attributes
 */
enum vmig_wire {
	VMIG_NONE,
	VMIG_U8,
	VMIG_U32,
	VMIG_U64,
	VMIG_STRING,
	VMIG_BINARY,
	VMIG_NEST,
};

/**
 * struct vmig_member - an attribute of the netlink specification
 * @name: its name
 * @wire: how it stands on the wire
 * @nest: what it holds if it is a nest
 * @multi: it may come more than once
 */
struct vmig_member {
	const char *name;
	enum vmig_wire wire;
	const struct vmig_space *nest;
	bool multi;
};

/**
 * struct vmig_space - a set of attributes of the netlink specification
 * @name: its name
 * @max: the highest number at @members
 * @members: the attributes by their numbers
 */
struct vmig_space {
	const char *name;
	unsigned int max;
	const struct vmig_member *members;
};

extern const struct vmig_space vmig_status_space;
extern const struct vmig_space vmig_object_space;
extern const struct vmig_space vmig_attr_space;
extern const struct vmig_space vmig_version_space;
extern const struct vmig_space vmig_label_space;
extern const struct vmig_space vmig_check_space;
extern const struct vmig_space vmig_finding_space;
extern const struct vmig_space vmig_refused_space;
extern const struct vmig_space vmig_move_space;
extern const struct vmig_space vmig_value_space;
extern const struct vmig_space vmig_range_space;
extern const struct vmig_space vmig_change_space;
extern const struct vmig_space vmig_left_out_space;
extern const struct vmig_space vmig_policy_space;

const struct vmig_member *vmig_member(const struct vmig_space *space,
				      unsigned int number);

/* The numbers of names, 0 for what is not known. */
enum vfiomig_value_type vmig_value_type(const char *name);
uint32_t vmig_rule(const char *name);
uint32_t vmig_severity(const char *name);
uint32_t vmig_origin(const char *name);
uint32_t vmig_scope(const char *name);

/* ---------------------------------------------------------------- error.c */

int vmig_fail(struct vfiomig *ctx, enum vfiomig_cause cause, int errnum,
	      const char *format, ...) __attribute__((format(printf, 4, 5)));
int vmig_nomem(struct vfiomig *ctx);
int vmig_refused(struct vfiomig *ctx, int errnum, const struct nlmsghdr *answer,
		 size_t skip, const struct nlmsghdr *request,
		 const struct vmig_space *space);
void vmig_clear(struct vfiomig *ctx);
void vmig_reword(struct vfiomig *ctx, const char *message);
void vmig_error_drop(struct vfiomig_error *error);

/* ----------------------------------------------------------------- sock.c */

struct vmig_sock;

struct vmig_sock *vmig_sock_open(struct vfiomig *ctx);
void vmig_sock_close(struct vmig_sock *sock);
int vmig_sock_fd(const struct vmig_sock *sock);
int vmig_sock_join(struct vmig_sock *sock, uint32_t group);
int vmig_sock_send(struct vmig_sock *sock, struct nl_msg *msg);
ssize_t vmig_sock_recv(struct vmig_sock *sock, bool wait, void **data);
int vmig_sock_set_buffer(struct vmig_sock *sock, size_t size);
int vmig_sock_all_netns(struct vmig_sock *sock);

/* The network namespace that we are in: it has no number. */
#define VMIG_HOME -1

int32_t vmig_sock_nsid(const struct vmig_sock *sock);

/* --------------------------------------------------------------- netns.c */

struct vmig_netns;

/**
 * struct vmig_nsid - a network namespace other than ours
 * @nsid: its number in ours
 * @name: its name in /run/netns, the first if there are several, or NULL
 */
struct vmig_nsid {
	int32_t nsid;
	char *name;
};

struct vmig_netns *vmig_netns_open(struct vfiomig *ctx);
void vmig_netns_close(struct vmig_netns *netns);
int vmig_netns_fd(const struct vmig_netns *netns);
int vmig_netns_news(struct vmig_netns *netns, int32_t *nsid, bool *gone);
int vmig_netns_list(struct vmig_netns *netns, struct vfiomig *ctx,
		    struct vmig_nsid **list, size_t *n);
void vmig_netns_list_free(struct vmig_nsid *list, size_t n);
int vmig_netns_enter(struct vmig_netns *netns, const char *name, int32_t nsid);

/* ---------------------------------------------------------------- clock.c */

uint64_t vmig_now(void);

/* -------------------------------------------------------------- request.c */

/**
 * struct vfiomig - the context
 * @sock: for requests, opened by the first one
 * @family: number of the family, 0 if it must be looked up
 * @group: number of its multicast group
 * @netns: the network namespace that sockets are opened in, -1 for our own
 * @sysfs: where sysfs is mounted
 * @root: where /proc, /boot and /lib/modules begin
 * @error: what went wrong last; its strings are the context's
 */
struct vfiomig {
	struct vmig_sock *sock;
	uint16_t family;
	uint32_t group;
	int netns;
	const char *sysfs;
	const char *root;
	struct vfiomig_error error;
};

/**
 * struct vmig_family - what nlctrl tells of a family
 * @id: its number, which is the type of its messages
 * @group: number of the multicast group that was asked for, 0 if there is none
 */
struct vmig_family {
	uint16_t id;
	uint32_t group;
};

int vmig_resolve(struct vfiomig *ctx, const char *name, const char *group,
		 struct vmig_family *family);
int vmig_family(struct vfiomig *ctx);
int vmig_dump(struct vfiomig *ctx, enum vfiomig_kind kind,
	      struct vfiomig_list *list, bool *interrupted);

/* Writes what a request asks for into its message; fails for want of memory. */
typedef int vmig_put_fn(struct nl_msg *msg, const void *what);

int vmig_put_handle(struct nl_msg *msg, const struct vfiomig_handle *handle);
int vmig_command(struct vfiomig *ctx, uint8_t cmd,
		 const struct vmig_space *space, vmig_put_fn *put,
		 const void *what, size_t len);

/* Is given each message of an answer; returns 0, or an error that was told. */
typedef int vmig_take_fn(struct vfiomig *ctx, const struct nlmsghdr *nlh,
			 void *arg);

int vmig_ask_all(struct vfiomig *ctx, uint8_t cmd,
		 const struct vmig_space *space, vmig_take_fn *take,
		 void (*drop)(void *arg), void *arg);

/* ------------------------------------------------------- object.c, wire.c */

/**
 * struct vmig_document - a profile document
 * @refs: who holds it
 * @number: which of its file, from 1
 * @file: name of the file
 * @host: the host that it names, or NULL
 * @taken_at: the time that it names, or NULL
 */
struct vmig_document {
	unsigned int refs;
	unsigned int number;
	char *file;
	char *host;
	char *taken_at;
};

struct vmig_document *vmig_document_ref(struct vmig_document *document);
void vmig_document_unref(struct vmig_document *document);

/**
 * struct vfiomig_object - a device or type
 * @refs: who holds it
 * @kind: what it is
 * @sysfs: it was read from sysfs
 * @id: the kernel's number for it
 * @seq: number of the last event that spoke of it
 * @has_available: @available is known
 * @available: how many devices can be created from the type
 * @in_use: the device is known to be open
 * @document: the document it was read from, or NULL
 * @bus: first part of the handle
 * @parent: second part of a type's handle
 * @name: last part of the handle
 * @handle: all of them
 * @n_attrs: how many @attrs there are
 * @attrs: the profile, sorted by name
 * @n_left_out: how many @left_out there are
 * @left_out: what the administrator says that does not hold
 * @left_out_more: how much more there is of it
 * @n_unknown: how many @unknown there are
 * @unknown: members that have no name here
 * @wire: copy of the message, which all strings but @handle point into
 * @wire_len: bytes at @wire
 */
struct vfiomig_object {
	unsigned int refs;
	enum vfiomig_kind kind;
	bool sysfs;
	uint32_t id;
	uint64_t seq;
	bool has_available;
	uint32_t available;
	bool in_use;
	bool has_refused;
	struct vfiomig_refused refused;
	struct vmig_document *document;
	const char *bus;
	const char *parent;
	const char *name;
	char *handle;
	size_t n_attrs;
	struct vfiomig_attr *attrs;
	size_t n_left_out;
	struct vfiomig_left_out *left_out;
	uint32_t left_out_more;
	size_t n_unknown;
	struct vfiomig_unknown *unknown;
	void *wire;
	size_t wire_len;
};

int vmig_object_read(struct vfiomig *ctx, enum vfiomig_kind kind, bool sysfs,
		     const struct nlattr *attrs, int len,
		     struct vfiomig_object **object);
bool vmig_object_is_local(const struct vfiomig_object *object);
int vmig_object_read_file(struct vfiomig *ctx, enum vfiomig_kind kind,
			  struct vmig_document *document, const void *attrs,
			  size_t len, struct vfiomig_object **object);
int vmig_object_read_msg(struct vfiomig *ctx, enum vfiomig_kind kind,
			 const struct nlmsghdr *nlh,
			 struct vfiomig_object **object);
int vmig_status_read_msg(struct vfiomig *ctx, const struct nlmsghdr *nlh,
			 struct vfiomig_status **status);
bool vmig_object_same(const struct vfiomig_object *a,
		      const struct vfiomig_object *b);

/**
 * struct vmig_scope - what a policy says of one scope
 * @scope: what its user sees
 * @attrs: holds its attributes, and what they point into
 */
struct vmig_scope {
	struct vfiomig_scope scope;
	struct vfiomig_object *attrs;
};

int vmig_scope_read(struct vfiomig *ctx, const void *attrs, size_t len,
		    struct vmig_scope **scope);
int vmig_scope_read_msg(struct vfiomig *ctx, const struct nlmsghdr *nlh,
			struct vmig_scope **scope);
uint64_t vmig_policy_event(const struct nlmsghdr *nlh);

/* --------------------------------------------------------------- policy.c */

void vmig_scope_free(struct vmig_scope *scope);

/* ---------------------------------------------------------------- check.c */

struct vfiomig *vmig_check_context(const struct vfiomig_check *check);
struct vfiomig_object *vmig_check_source(const struct vfiomig_check *check);

struct vfio_mig_index;
struct vfio_mig_view;

const struct vfio_mig_index *
vmig_check_index(const struct vfiomig_check *check);
int vmig_object_index(struct vfiomig *ctx, const struct vfiomig_object *object,
		      struct vfio_mig_index *index);
int vmig_check_views(struct vfiomig_check *check,
		     const struct vfio_mig_view *const *target, unsigned int n,
		     const struct vfiomig_result *like,
		     struct vmig_document *document,
		     struct vfiomig_result **result);
int vmig_result_read_msg(struct vfiomig *ctx, const struct nlmsghdr *nlh,
			 const struct vfiomig_object *source,
			 struct vfiomig_result **result);

/**
 * struct vmig_result - a result, and what it holds
 * @result: what its user sees
 * @document: the document that the target was read from, or NULL
 */
struct vmig_result {
	struct vfiomig_result result;
	struct vmig_document *document;
};

struct vfiomig_result *vmig_result_new(const struct vfiomig_result *like,
				       struct vmig_document *document);
char *vmig_finding_message(const struct vfiomig_finding *finding,
			   const struct vfiomig_object *source);

/* ----------------------------------------------------------------- list.c */

/**
 * struct vfiomig_list - objects
 * @len: how many
 * @room: how many @objects has room for
 * @objects: the objects, each of them held
 */
struct vfiomig_list {
	size_t len;
	size_t room;
	struct vfiomig_object **objects;
};

void vmig_list_sort(struct vfiomig_list *list);
void vmig_list_drop_older(struct vfiomig_list *list);
bool vmig_list_search(const struct vfiomig_list *list, uint32_t id, size_t *at);
int vmig_list_insert(struct vfiomig_list *list, size_t at,
		     struct vfiomig_object *object);
void vmig_list_remove(struct vfiomig_list *list, size_t at);
void vmig_list_cut(struct vfiomig_list *list, size_t len);

/* ---------------------------------------------------------------- files.c */

/* A file in sysfs is a page at most. */
#define VMIG_FILE_SIZE 4096

/**
 * struct vmig_folder - the names in a directory
 * @n: how many
 * @entries: the names, in the order in which a person would count
 */
struct vmig_folder {
	int n;
	struct dirent **entries;
};

bool vmig_read_file(const char *dir, const char *name,
		    char text[VMIG_FILE_SIZE]);
char *vmig_read_link(const char *dir, const char *name);
int vmig_open_folder(struct vfiomig *ctx, struct vmig_folder *folder,
		     const char *path);
void vmig_close_folder(struct vmig_folder *folder);

/* ---------------------------------------------------------------- sysfs.c */

int vmig_sysfs_get(struct vfiomig *ctx, const struct vfiomig_handle *handle,
		   struct vfiomig_object **object);
int vmig_sysfs_dump(struct vfiomig *ctx, struct vfiomig_list *list);

/* ----------------------------------------------------------------- text.c */

size_t vmig_utf8_len(const char *text);
bool vmig_is_control(const char *text);
void vmig_clean_value(char *text);
char *vmig_replace_bad_utf8(const char *text);

extern const char vmig_no_u64[];
extern const char vmig_no_version[];

bool vmig_read_u64(const char *text, uint64_t *number);
bool vmig_read_version(const char *text, struct vfiomig_value *value);

#endif /* VFIOMIG_INTERNAL_H */
