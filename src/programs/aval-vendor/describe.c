/* Documents in words; see describe.h. */
#include "describe.h"

#include "base/sentences.h"

#include <string.h>

void describe_key(struct report *report, const char *key, const char *title, const struct verifier_key *value)
{
    char text[VERIFIER_KEY_TEXT_SIZE];
    verifier_key_write(value, text);
    report_text(report, key, title, text);
}

static void describe_features(struct report *report, const char *title, const struct features *features)
{
    report_list_begin(report, "features");
    for (size_t i = 0; i < features->count; i++) {
        char text[FEATURE_TEXT_SIZE];
        features_write(features, i, text);
        report_list_item(report, text);
    }
    report_list_end(report, title);
}

static void describe_extensions(struct report *report, const char *key, const struct extensions *extensions)
{
    if (extensions->lines[0] == '\0')
        return;
    report_list_begin(report, key);
    for (const char *at = extensions->lines; *at != '\0'; at += strcspn(at, "\n") + 1) {
        char line[EXTENSIONS_SIZE];
        const size_t length = strcspn(at, "\n");
        memcpy(line, at, length);
        line[length] = '\0';
        report_list_item(report, line);
    }
    report_list_end(report, _("Extensions"));
}

static void describe_hardware(struct report *report, const struct hardware *hardware)
{
    report_list_begin(report, "hardware");
    for (size_t i = 0; i < hardware->count; i++)
        report_list_item(report, hardware->digests[i].kind);
    report_list_end(report, _("Hardware"));
}

static void describe_machine(struct report *report, const struct machine_id *machine)
{
    char text[MACHINE_ID_TEXT_SIZE];
    machine_id_write(machine, text);
    report_text(report, "machine", _("Machine"), text);
}

static void describe_hash(struct report *report, const char *key, const char *title, const struct hash *hash)
{
    char text[2 * HASH_SIZE + 1];
    hex_write(hash->bytes, HASH_SIZE, text);
    report_text(report, key, title, text);
}

static void describe_edition(struct report *report, const struct edition *edition)
{
    char key[PRODUCT_KEY_TEXT_SIZE];
    product_key_write(&edition->key, key);
    report_object_begin(report, NULL);
    report_text(report, "edition", _("Edition"), edition->id);
    report_text(report, "title", _("  Title"), edition->title);
    report_text(report, "key", _("  Volume key"), key);
    describe_features(report, _("  Features"), &edition->features);
    report_object_end(report);
}

void describe_product(struct report *report, const struct product *product)
{
    report_text(report, "vendor", _("Vendor"), product->vendor);
    report_text(report, "product", _("Product"), product->product);
    report_text(report, "title", _("Title"), product->title);
    report_time(report, "issued", _("Issued"), product->issued);
    report_duration(report, "grace", _("Grace"), product->grace);
    report_list_begin(report, "vendor_keys");
    for (size_t i = 0; i < product->vendor_key_count; i++) {
        char text[VERIFIER_KEY_TEXT_SIZE];
        verifier_key_write(&product->vendor_keys[i], text);
        report_list_item(report, text);
    }
    report_list_end(report, _("Vendor keys"));
    report_objects_begin(report, "editions");
    for (size_t i = 0; i < product->edition_count; i++)
        describe_edition(report, &product->editions[i]);
    report_objects_end(report);
    describe_extensions(report, "extensions", &product->extensions);
}

void describe_host_request(struct report *report, const struct host_request *request)
{
    report_text(report, "host", _("Host"), request->host);
    report_text(report, "vendor", _("Vendor"), request->vendor);
    report_text(report, "customer", _("Customer"), request->customer);
    describe_key(report, "host_key", _("Host key"), &request->host_key);
    report_time(report, "created", _("Created"), request->created);
    describe_extensions(report, "extensions", &request->extensions);
}

static void describe_keys(struct report *report, const char *name, const char *title, const struct verifier_key *keys,
                          size_t count)
{
    report_list_begin(report, name);
    for (size_t i = 0; i < count; i++) {
        char text[VERIFIER_KEY_TEXT_SIZE];
        verifier_key_write(&keys[i], text);
        report_list_item(report, text);
    }
    report_list_end(report, title);
}

static void describe_host_keys(struct report *report, const struct verifier_key *keys, size_t count)
{
    describe_keys(report, "host_keys", _("Host keys"), keys, count);
}

static void describe_replaced(struct report *report, const struct license *license)
{
    if (license->replaces_count == 0)
        return;
    report_list_begin(report, "replaces");
    for (size_t i = 0; i < license->replaces_count; i++)
        report_list_item(report, license->replaces[i]);
    report_list_end(report, _("Replaces"));
}

void describe_license(struct report *report, const struct license *license)
{
    report_text(report, "license", _("License"), license->id);
    report_text(report, "vendor", _("Vendor"), license->vendor);
    report_text(report, "customer", _("Customer"), license->customer);
    describe_host_keys(report, license->host_keys, license->host_key_count);
    report_text(report, "product", _("Product"), license->product);
    report_text(report, "edition", _("Edition"), license->edition);
    report_text(report, "mode", _("Mode"), license_mode_name(license->mode));
    if (license->mode != LICENSE_COUNTED)
        report_number(report, "threshold", _("Threshold"), license->threshold);
    report_number(report, "seats", _("Seats"), license->seats);
    report_number(report, "overage", _("Overage"), license->overage);
    if (license->mode != LICENSE_COUNTED)
        report_duration(report, "lease", _("Lease"), license->lease);
    if (license->has_first_lease)
        report_duration(report, "first_lease", _("First lease"), license->first_lease);
    report_duration(report, "renew", _("Renewed after"), license->renew);
    report_duration(report, "retry", _("Retried after"), license->retry);
    if (license->has_releases)
        report_number(report, "releases", _("Releases"), license->releases);
    if (license->has_reclaims)
        report_number(report, "reclaims", _("Reclaims"), license->reclaims);
    describe_replaced(report, license);
    describe_features(report, _("Features"), &license->features);
    if (license->test)
        report_text(report, "test", _("Test"), report->json ? "yes" : _("for trying out"));
    report_time(report, "issued", _("Issued"), license->issued);
    report_time(report, "not_before", _("In force from"), license->not_before);
    report_time(report, "not_after", _("In force until"), license->not_after);
    describe_extensions(report, "extensions", &license->extensions);
}

enum standing license_standing(const struct license *license, const struct verifier_key *signer,
                               const struct revocations *revocations, const struct succession *by, seconds now)
{
    if (revocations != NULL && (revocations_hold(revocations, license, NULL) ||
                                (signer != NULL && revocations_hold_signer(revocations, signer))))
        return STANDING_REVOKED;
    if (now >= license->not_after)
        return STANDING_ENDED;
    if (by != NULL && by->begins <= now)
        return STANDING_REPLACED;
    return now < license->not_before ? STANDING_NOT_BEGUN : STANDING_IN_FORCE;
}

const char *standing_name(enum standing standing)
{
    static const char *const NAMES[] = {
        [STANDING_REVOKED] = N_("revoked"),   [STANDING_ENDED] = N_("ended"),
        [STANDING_REPLACED] = N_("replaced"), [STANDING_NOT_BEGUN] = N_("not begun"),
        [STANDING_IN_FORCE] = N_("in force"),
    };
    return NAMES[standing];
}

void describe_succession(struct report *report, const struct succession *by, seconds now)
{
    if (by == NULL)
        return;
    report_text(report, "replaced_by", _("Replaced by"), by->by);
    if (by->begins > now)
        report_time(report, "replaced_from", _("  from"), by->begins);
}

/* Who asked whom, and when. */
static void describe_asking(struct report *report, const struct machine_id *machine,
                            const struct verifier_key *host_key, uint64_t number, seconds time)
{
    describe_machine(report, machine);
    report_number(report, "number", _("Number"), number);
    describe_key(report, "host_key", _("Host key asked"), host_key);
    report_time(report, "time", _("Machine's time"), time);
}

static void describe_asked(struct report *report, const struct request *request)
{
    report_text(report, "vendor", _("Vendor"), request->vendor);
    report_text(report, "product", _("Product"), request->product);
    report_text(report, "edition", _("Edition"), request->edition);
    describe_asking(report, &request->machine, &request->host_key, request->number, request->time);
    report_text(report, "state", _("State"), machine_state_name(request->state));
    describe_hardware(report, &request->hardware);
}

void describe_request(struct report *report, const struct request *request)
{
    describe_asked(report, request);
    describe_extensions(report, "extensions", &request->extensions);
}

void describe_lease(struct report *report, const struct lease *lease)
{
    report_text(report, "license", _("License"), lease->license);
    if (lease->offline)
        report_text(report, "offline", _("Offline"), report->json ? "yes" : _("answered as a file"));
    report_time(report, "issued", _("Issued"), lease->issued);
    report_time(report, "expires", _("Expires"), lease->expires);
    report_duration(report, "renew_after", _("Renewed after"), lease->renew_after);
    report_duration(report, "retry_after", _("Retried after"), lease->retry_after);
    describe_features(report, _("Features"), &lease->features);
    describe_extensions(report, "extensions", &lease->extensions);
    describe_asked(report, &lease->request);
    describe_extensions(report, "machine_extensions", &lease->request.extensions);
}

void describe_release(struct report *report, const struct release *release)
{
    report_text(report, "license", _("License"), release->license);
    describe_asking(report, &release->machine, &release->host_key, release->number, release->time);
    describe_extensions(report, "extensions", &release->extensions);
}

void describe_released(struct report *report, const struct released *released)
{
    const struct release *release = &released->release;
    report_time(report, "released", _("Released"), released->released);
    describe_extensions(report, "extensions", &released->extensions);
    report_text(report, "license", _("License"), release->license);
    describe_asking(report, &release->machine, &release->host_key, release->number, release->time);
    describe_extensions(report, "machine_extensions", &release->extensions);
}

void describe_reclaimed(struct report *report, const struct reclaimed *reclaimed)
{
    report_text(report, "license", _("License"), reclaimed->license);
    describe_machine(report, &reclaimed->machine);
    report_text(report, "lease_origin", _("Lease it ends, in"), reclaimed->lease_origin);
    report_number(report, "lease_index", _("  leaf"), reclaimed->lease_index);
    report_time(report, "reclaimed", _("Reclaimed"), reclaimed->reclaimed);
    describe_extensions(report, "extensions", &reclaimed->extensions);
}

void describe_seen(struct report *report, const struct seen *seen)
{
    report_text(report, "seen_origin", _("Seen of the host"), seen->origin);
    report_number(report, "seen_size", _("  leaves"), seen->size);
    describe_hash(report, "seen_root", _("  root"), &seen->root);
}

void describe_epoch_shown(struct report *report, const struct epoch *epoch)
{
    if (epoch->shown_count == 0)
        return;
    report_objects_begin(report, "shown");
    for (size_t i = 0; i < epoch->shown_count; i++) {
        report_object_begin(report, NULL);
        report_text(report, "origin", _("Shown since"), epoch->shown[i].origin);
        report_number(report, "size", _("  leaves"), epoch->shown[i].size);
        describe_hash(report, "root", _("  root"), &epoch->shown[i].root);
        report_object_end(report);
    }
    report_objects_end(report);
}

void describe_epoch(struct report *report, const struct epoch *epoch)
{
    report_text(report, "origin", _("Ledger"), epoch->origin);
    report_text(report, "previous", _("Ledger before"), epoch->previous);
    report_number(report, "size", _("Signed there"), epoch->size);
    describe_hash(report, "root", _("Root there"), &epoch->root);
    report_number(report, "found", _("Found there"), epoch->found);
    report_text(report, "why", _("Why"), epoch_why_name(epoch->why));
    report_time(report, "began", _("Began"), epoch->began);
    describe_epoch_shown(report, epoch);
    describe_extensions(report, "extensions", &epoch->extensions);
}

void describe_denial(struct report *report, const struct denial *denial)
{
    report_text(report, "code", _("Code"), error_info(denial->code)->name);
    report_text(report, "message", _("Message"), denial->message);
    if (denial->has_count) {
        report_number(report, "count", _("Count"), denial->count);
        report_number(report, "threshold", _("Threshold"), denial->threshold);
    }
    if (denial->has_seats) {
        report_number(report, "seats", _("Seats"), denial->seats);
        report_number(report, "held", _("Held"), denial->held);
    }
    if (denial->has_clocks) {
        report_time(report, "host_time", _("Host's time"), denial->host_time);
        report_time(report, "machine_time", _("Machine's time"), denial->machine_time);
    }
    if (denial->has_rate) {
        report_number(report, "new_at_once", _("New at once"), denial->at_once);
        report_number(report, "new_per_hour", _("New per hour"), denial->per_hour);
    }
    if (denial->has_date)
        report_time(report, "date", _("Date"), denial->date);
    report_duration(report, "retry_after", _("Retry after"), denial->retry_after);
    describe_extensions(report, "extensions", &denial->extensions);
}

void describe_revocations(struct report *report, const struct revocations *revocations)
{
    report_text(report, "vendor", _("Vendor"), revocations->vendor);
    report_number(report, "sequence", _("Sequence"), revocations->sequence);
    report_time(report, "issued", _("Issued"), revocations->issued);
    report_list_begin(report, "licenses");
    for (size_t i = 0; i < revocations->license_count; i++)
        report_list_item(report, revocations->licenses[i]);
    report_list_end(report, _("Licenses"));
    describe_host_keys(report, revocations->host_keys, revocations->host_key_count);
    describe_keys(report, "vendor_keys", _("Vendor keys"), revocations->vendor_keys, revocations->vendor_key_count);
    describe_extensions(report, "extensions", &revocations->extensions);
}

void describe_checkpoint(struct report *report, const struct checkpoint *checkpoint)
{
    report_text(report, "origin", _("Ledger"), checkpoint->origin);
    report_number(report, "size", _("Size"), checkpoint->size);
    describe_hash(report, "root", _("Root"), &checkpoint->root);
}
