package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// The first line of the only tree that tlog.ParseTree knows. With it in place of the origin, that function reads size and
// root of any C2SP checkpoint.
const checksumDatabase = "go.sum database tree\n"

// openCheckpoint returns the tree of a checkpoint that the key signed. The origin of a ledger in its first epoch is the name
// of its key.
func openCheckpoint(text []byte, key note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(text, note.VerifierList(key))
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("checkpoint: %w", err)
	}
	origin, rest, _ := strings.Cut(opened.Text, "\n")
	if origin != key.Name() {
		return tlog.Tree{}, fmt.Errorf("checkpoint: of %q instead of %q", origin, key.Name())
	}
	tree, err := tlog.ParseTree([]byte(checksumDatabase + rest))
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("checkpoint: %w", err)
	}
	return tree, nil
}

// A proof is a c2sp.org/tlog-proof@v1 with the leaf in its extra line. An answer of the host has lines before it, of
// which those of the consistency proof matter here. Nothing in it is verified yet.
type proof struct {
	consistency tlog.TreeProof
	leaf        []byte
	index       int64
	path        tlog.RecordProof
	checkpoint  []byte
}

// parseAnswer splits an "aval answer v1": head, empty line, proof.
func parseAnswer(text string) (*proof, error) {
	head, rest, found := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 2 || lines[0] != "aval answer v1" || !strings.HasPrefix(lines[1], "revocations ") {
		return nil, errors.New("not an answer")
	}
	parsed, err := parseProof(rest)
	if err != nil {
		return nil, err
	}
	for _, line := range lines[2:] {
		encoded, found := cutPrefix(line, "consistency ")
		if !found {
			return nil, fmt.Errorf("answer: unknown line %q", line)
		}
		hash, err := tlog.ParseHash(encoded)
		if err != nil {
			return nil, fmt.Errorf("answer: %w", err)
		}
		parsed.consistency = append(parsed.consistency, hash)
	}
	return parsed, nil
}

// parseProof splits a tlog-proof: its name, leaf, index, hashes, empty line, checkpoint.
func parseProof(text string) (*proof, error) {
	head, checkpoint, found := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return nil, errors.New("not a tlog-proof")
	}
	extra, hasExtra := cutPrefix(lines[1], "extra ")
	number, hasIndex := cutPrefix(lines[2], "index ")
	if !hasExtra || !hasIndex {
		return nil, errors.New("tlog-proof: without its leaf or index")
	}
	leaf, err := base64.StdEncoding.Strict().DecodeString(extra)
	if err != nil {
		return nil, fmt.Errorf("tlog-proof: leaf: %w", err)
	}
	index, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("tlog-proof: %w", err)
	}
	parsed := &proof{leaf: leaf, index: index, checkpoint: []byte(checkpoint)}
	for _, line := range lines[3:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, fmt.Errorf("tlog-proof: %w", err)
		}
		parsed.path = append(parsed.path, hash)
	}
	return parsed, nil
}

// splitEntries splits an entry bundle: each entry follows its length in two bytes, the higher first.
func splitEntries(bundle []byte) ([][]byte, error) {
	var entries [][]byte
	for len(bundle) > 0 {
		if len(bundle) < 2 {
			return nil, errors.New("entry bundle: half a length")
		}
		size := int(bundle[0])<<8 | int(bundle[1])
		bundle = bundle[2:]
		if len(bundle) < size {
			return nil, errors.New("entry bundle: half an entry")
		}
		entries = append(entries, bundle[:size])
		bundle = bundle[size:]
	}
	return entries, nil
}

// cutPrefix is strings.CutPrefix, which the compiler of Debian 12 does not have yet.
func cutPrefix(text, prefix string) (string, bool) {
	return strings.TrimPrefix(text, prefix), strings.HasPrefix(text, prefix)
}
