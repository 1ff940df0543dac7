/*
 * What the vendors have authorised this host to do: an immutable picture of the folder's keys, licenses and
 * revocations, shared by all threads and replaced as a whole at reload.
 */
#ifndef AUTHORITY_AUTHORITY_H
#define AUTHORITY_AUTHORITY_H

#include "authority/site_keys.h"
#include "base/reason.h"
#include "core/documents/offer.h"
#include "system/log.h"

struct authority_license {
    struct license license;
    struct verifier_key signer;
    char *note; /* as signed */
    size_t note_size;
    bool revoked;
};

/* A license that replaces another one, which need not be in the folder any more. */
struct authority_succession {
    char before[NAME_SIZE]; /* id of the one that is replaced */
    size_t by;              /* the one that replaces it, among the vendor's licenses */
};

struct authority_vendor {
    char vendor[NAME_SIZE];
    size_t vendor_key_count;
    struct verifier_key vendor_keys[VENDOR_KEYS_MAX]; /* in use, spare, former */
    struct verifier_key host_key;                     /* its name is the origin of the ledger's first epoch */
    uint64_t epoch;                                   /* of the ledger, from 1 on */
    char origin[KEY_NAME_SIZE];                       /* of the ledger in this epoch */
    size_t license_count;
    struct authority_license *licenses; /* ascending by id */
    size_t succession_count;
    struct authority_succession *successions; /* of those that nothing revokes; what was issued last comes first */
    uint64_t revocations_sequence;            /* 0: none */
    char *revocations_note;                   /* NULL: none */
    size_t revocations_size;
};

/* A file that does not hold, so that what it would authorise is not there. */
struct authority_left_out {
    char vendor[NAME_SIZE]; /* "": none; the file is a site key */
    char file[NAME_SIZE];   /* of a license, or another one of the vendor's folder; "": the whole vendor */
    enum error_code code;
    unsigned line; /* 0: none */
};

enum { AUTHORITY_LEFT_OUT_MAX = 16 }; /* that are told one by one */

struct authority {
    char host[HOST_NAME_SIZE];
    size_t left_out_count; /* all there are; the first of them: */
    struct authority_left_out left_out[AUTHORITY_LEFT_OUT_MAX];
    size_t vendor_count;
    struct authority_vendor *vendors; /* ascending by name */
    struct site_keys *site_keys;      /* NULL: none */
    bool site_required;  /* nobody is given anything without; not in the folder: set by who has loaded it, before others
                            see it */
    unsigned references; /* atomic */
};

/* Reads the folder. A file that does not hold is left out, named and logged with its reason, so that one bad license
 * does not stop the others. NOT_SET_UP, FILE_READ, NO_MEMORY. The caller holds the one reference. */
RESULT authority_load(const char *folder, const struct log *log, struct authority **ret_authority,
                      struct reason *reason);
struct authority *authority_reference(struct authority *authority);
/* Takes NULL. */
void authority_release(struct authority *authority);

const struct authority_vendor *authority_find_vendor(const struct authority *authority, const char *vendor);
/* The license of that id whoever its vendor is, or NULL. */
const struct authority_license *authority_find_license(const struct authority *authority, const char *id,
                                                       const struct authority_vendor **ret_vendor);
/* The license that has taken the place of the one of that id as of `now`: of those that replace it and have begun the
 * one issued last. NULL where none has. */
const struct authority_license *authority_heir(const struct authority_vendor *vendor, const char *id, seconds now);
/* The same where none has begun: the one that begins first. */
const struct authority_license *authority_heir_to_be(const struct authority_vendor *vendor, const char *id);
/* How many machines count under licenses whose place one has taken, of which each has so many: those of licenses side
 * by side, under all of which a request counts, are the same; but where one of them has taken the place of another a
 * machine counts under one of the two. So it is the most that such a chain has. */
struct authority_count {
    const char *license; /* its id; borrowed */
    uint64_t count;
};
uint64_t authority_joint_count(const struct authority_vendor *vendor, const struct authority_count *counts,
                               size_t count);
/* Whether machines can go on after the license's end: with one that replaces it, or with another for the same that has
 * as many seats, begins by then, and ends later. */
bool authority_is_followed(const struct authority_vendor *vendor, const struct authority_license *entry);
/* How near the license's end is, where it is in force: within 7, 30 or 60 days, in days; 0: not so near. */
enum { ENDING_LONG = 60, ENDING_SOON = 30, ENDING_NOW = 7 };
int authority_ending(const struct license *license, seconds now);
/* The license of that mode that the host has for the offer: one in force as of `now` before one that is yet to begin,
 * one that has ended, one that another has taken the place of, one that is revoked; of equals the one that ends last.
 * NULL where there is none. */
const struct authority_license *authority_best_license(const struct authority_vendor *vendor, struct offer offer,
                                                       enum license_mode mode, seconds now);
/* Whether it has none of that mode but such as are over, and one of the other mode in force: then the machine has the
 * wrong product key for this host. */
bool authority_other_mode_only(const struct authority_vendor *vendor, struct offer offer, enum license_mode mode,
                               seconds now);

#endif
