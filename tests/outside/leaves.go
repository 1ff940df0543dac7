package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A testimony is what a machine signed into a leaf: which host it asked, and what it had seen of that host.
type testimony struct {
	origin string
	tree   tlog.Tree
}

// openLeaf verifies the part of a leaf that a machine signed, behind the first empty line, and the host's signature of what
// the machine had seen. A leaf that begins an epoch, or says that a seat was reclaimed, has no such part: nil.
func openLeaf(leaf []byte, host note.Verifier, hostKey string) (*testimony, error) {
	head, signed, found := strings.Cut(string(leaf), "\n\n")
	if (strings.HasPrefix(head, "aval epoch v1\n") || strings.HasPrefix(head, "aval reclaimed v1\n")) && !found {
		return nil, nil
	}
	if !found || !strings.HasPrefix(head, "aval lease v1\n") && !strings.HasPrefix(head, "aval released v1\n") {
		return nil, errors.New("neither a lease nor a release")
	}
	text, _, found := strings.Cut(signed, "\n\n")
	if !found {
		return nil, errors.New("without what the machine signed")
	}
	lines := valuesOf(text)
	machine, err := note.NewVerifier(lines["machine-key"])
	if err != nil {
		return nil, fmt.Errorf("machine key: %w", err)
	}
	opened, err := note.Open([]byte(signed), note.VerifierList(machine))
	if err != nil {
		return nil, fmt.Errorf("machine's part: %w", err)
	}
	if opened.Text != text+"\n" || len(opened.Sigs) != 1 || len(opened.UnverifiedSigs) != 0 {
		return nil, errors.New("machine's part: not one signature")
	}
	if lines["host-key"] != hostKey {
		return nil, fmt.Errorf("machine's part: meant for %q", lines["host-key"])
	}
	return openSeen(lines, host)
}

// valuesOf returns the value of each line; of several with one key, the last.
func valuesOf(text string) map[string]string {
	values := map[string]string{}
	for _, line := range strings.Split(text, "\n") {
		key, value, _ := strings.Cut(line, " ")
		values[key] = value
	}
	return values
}

// openSeen makes of the `seen` lines the checkpoint note that the machine took them from, and verifies that.
func openSeen(lines map[string]string, host note.Verifier) (*testimony, error) {
	signature, err := base64.StdEncoding.Strict().DecodeString(lines["seen-signature"])
	if err != nil {
		return nil, fmt.Errorf("seen: signature: %w", err)
	}
	signature = append(binary.BigEndian.AppendUint32(nil, host.KeyHash()), signature...)
	origin := lines["seen-origin"]
	text := fmt.Sprintf("%s\n%s\n%s\n\n\u2014 %s %s\n", origin, lines["seen-size"], lines["seen-root"], host.Name(),
		base64.StdEncoding.EncodeToString(signature))
	opened, err := note.Open([]byte(text), note.VerifierList(host))
	if err != nil {
		return nil, fmt.Errorf("seen: %w", err)
	}
	if origin != host.Name() && !strings.HasPrefix(origin, host.Name()+"/epoch-") {
		return nil, fmt.Errorf("seen: of %q", origin)
	}
	_, rest, _ := strings.Cut(opened.Text, "\n")
	tree, err := tlog.ParseTree([]byte(checksumDatabase + rest))
	if err != nil {
		return nil, fmt.Errorf("seen: %w", err)
	}
	return &testimony{origin, tree}, nil
}

// checkTestimony compares what the machine of entry n had seen with the tree of the entries, where it is of the same epoch.
func checkTestimony(seen *testimony, n int64, origin string, stored tlog.HashReader) error {
	if seen == nil || seen.origin != origin {
		return nil
	}
	if seen.tree.N > n {
		return errors.New("seen: " + strconv.FormatInt(seen.tree.N, 10) + " entries, before there were as many")
	}
	root := tlog.Hash(sha256.Sum256(nil))
	if seen.tree.N > 0 {
		var err error
		if root, err = tlog.TreeHash(seen.tree.N, stored); err != nil {
			return err
		}
	}
	if root != seen.tree.Hash {
		return fmt.Errorf("seen: %d entries have the root %v, and the machine saw %v", seen.tree.N, root, seen.tree.Hash)
	}
	return nil
}
