/* Audits whose books are kept in files, for the tests of them. */
#ifndef TESTS_UNIT_DESK_AUDIT_FILES_H
#define TESTS_UNIT_DESK_AUDIT_FILES_H

#include "ledger_forge.h"
#include "system/files.h"
#include "temporary.h"

#define SECOND_EPOCH "kms.uni.example/acme.example/epoch-2"
#define THIRD_EPOCH  "kms.uni.example/acme.example/epoch-3"
#define THIRD_EPOCH  "kms.uni.example/acme.example/epoch-3"

struct files {
    char folder[TEMPORARY_SIZE];
    char first[PATH_SIZE];
    char second[PATH_SIZE];
};

int make_files(void **state);
int remove_files(void **state);
#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, make_files, remove_files)

/* Audits leaves from..to, which must go well. Yours. */
struct audit *audited(const struct forge *forge, size_t from, size_t to, const struct trial *trial);
/* The same, of an honest host: nothing is found, and the book is kept. */
void audit_honest(const struct forge *forge, size_t from, size_t to, const struct trial *trial);
/* The first finding has these words. */
void assert_said(const struct audit *audit, const char *words);
/* The first leaf of a ledger that is begun after so many leaves of another one. */
struct epoch epoch_after(const struct forge *before, size_t size, const char *origin, const char *time);
/* A renewal of machine n that testifies to have seen that. */
void forge_testimony(struct forge *forge, unsigned n, const char *time, const struct seen *seen);

#endif
