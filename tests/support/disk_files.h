/* What the two sides of the disk in memory share; see disk.h. */
#ifndef SUPPORT_DISK_FILES_H
#define SUPPORT_DISK_FILES_H

#include "disk.h"

struct disk_bytes {
    uint8_t *data; /* zero from `size` on */
    size_t size;
    size_t capacity;
};

/* A write or a truncation that was not synced. */
struct disk_change {
    struct disk_change *next;
    bool truncates; /* to `offset` */
    size_t offset;
    size_t size;
    uint8_t data[];
};

enum { DISK_REGIONS_MAX = 64, DISK_SLOTS = 8 };

/* What the connections to a database hold of each other: its lock, and the memory that they share. */
struct disk_sharing {
    unsigned readers;  /* with any lock on the file */
    const void *owner; /* with more than a shared one */
    bool pending;      /* it lets nobody in any more */
    unsigned mappings;
    void *regions[DISK_REGIONS_MAX];
    unsigned sharers[DISK_SLOTS];
    const void *holders[DISK_SLOTS]; /* exclusive */
};

struct disk_file {
    struct disk_sharing sharing;
    struct disk_bytes shown;
    struct disk_bytes kept;
    struct disk_change *first; /* what is shown and not kept, in order */
    struct disk_change **last;
    unsigned handles;
    struct disk_file *next;
};

enum { DISK_NAME_SIZE = 256 };

struct disk_name {
    char text[DISK_NAME_SIZE];
    struct disk_file *shown; /* NULL: no such file */
    struct disk_file *kept;
    struct disk_name *next;
};

/* NULL where there is none and none is to be made. */
struct disk_name *disk_name(const char *text, bool make);
void disk_settle_names(void);
struct disk_file *disk_file_new(void);
void disk_put(struct disk_file *file, size_t offset, const void *data, size_t size);
void disk_cut(struct disk_file *file, size_t size);
/* What is shown is kept. */
void disk_settle(struct disk_file *file);
/* It will not be, whatever is synced later. */
void disk_forsake(struct disk_file *file);

/* Around all calls of these. */
void disk_enter(void);
void disk_leave(void);

/* What becomes of a call, by the plan. */
enum disk_fate {
    DISK_CALL_WORKS,
    DISK_CALL_FAILS,
    DISK_CALL_LOST /* fails without any effect */
};
enum disk_fate disk_call(enum disk_call call);

#endif
