/* What each document says, field by field. Nothing here checks a signature. For one thread. */
#ifndef PROGRAMS_AVAL_VENDOR_DESCRIBE_H
#define PROGRAMS_AVAL_VENDOR_DESCRIBE_H

#include "core/documents/documents.h"
#include "core/tlog/checkpoint.h"
#include "desk/successions.h"
#include "terminal/report.h"

void describe_product(struct report *report, const struct product *product);
void describe_host_request(struct report *report, const struct host_request *request);
void describe_license(struct report *report, const struct license *license);
/* What a license is worth: the first of these that is so. */
enum standing { STANDING_REVOKED, STANDING_ENDED, STANDING_REPLACED, STANDING_NOT_BEGUN, STANDING_IN_FORCE };

/* How it stands at that time. `signer`, `revocations` and `by`, what takes its place, may be NULL: none are known. */
enum standing license_standing(const struct license *license, const struct verifier_key *signer,
                               const struct revocations *revocations, const struct succession *by, seconds now);
/* "revoked", "in force" and so on, to be translated. */
const char *standing_name(enum standing standing);
/* What takes its place and, where it has not yet, from when on; nothing where that is NULL. */
void describe_succession(struct report *report, const struct succession *by, seconds now);
void describe_request(struct report *report, const struct request *request);
void describe_lease(struct report *report, const struct lease *lease);
void describe_release(struct report *report, const struct release *release);
void describe_released(struct report *report, const struct released *released);
/* What a machine says that it has seen of its host: part of a request or release, which the four above leave out. */
void describe_seen(struct report *report, const struct seen *seen);
void describe_reclaimed(struct report *report, const struct reclaimed *reclaimed);
void describe_epoch(struct report *report, const struct epoch *epoch);
/* What an epoch says that its host was shown, whether or not its signatures hold; part of the above. */
void describe_epoch_shown(struct report *report, const struct epoch *epoch);
void describe_denial(struct report *report, const struct denial *denial);
void describe_revocations(struct report *report, const struct revocations *revocations);
void describe_checkpoint(struct report *report, const struct checkpoint *checkpoint);
/* A verifier key under that key and title. */
void describe_key(struct report *report, const char *key, const char *title, const struct verifier_key *value);

#endif
