package baidu

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/internal/idcard"
	"github.com/facegate/facegate/handlers/internal/strictjson"
)

// memoryFormat is the version of what a session remembers. Readers refuse one that
// they do not know, so a new version is first taught to read, and written a release
// later.
const memoryFormat = 1

// errMemory means that what the session remembers is not ours to read.
var errMemory = errors.New("baidu: the session's memory is unreadable")

// memory is what a session remembers between its start and its query. Name and
// number are there as keyed hashes only, bound to the session, so that the same
// person's sessions cannot be told by them.
type memory struct {
	Format     int    `json:"v"`
	Generation string `json:"generation"` // the access token that made the verify_token
	Key        string `json:"key,omitzero"`
	Name       []byte `json:"name,omitzero"`
	Number     []byte `json:"number,omitzero"`
}

// submitted reports whether name and number were submitted.
func (m memory) submitted() bool { return len(m.Name) > 0 || len(m.Number) > 0 }

// remember returns the memory of a session; person is nil when none was submitted.
func (v *Vendor) remember(session, generation string, person *Identity) ([]byte, error) {
	m := memory{Format: memoryFormat, Generation: generation}
	if person != nil {
		m.Key = v.memoryKey()
		m.Name = v.hash("name", session, normalName(person.Name))
		m.Number = v.hash("number", session, normalNumber(person.Number.Reveal()))
	}
	return json.Marshal(m)
}

// readMemory decodes what remember returned. A session without memory remembers
// nothing.
func readMemory(encoded []byte) (memory, error) {
	if len(encoded) == 0 {
		return memory{}, nil
	}
	var m memory
	if err := strictjson.Unmarshal(encoded, &m); err != nil {
		return memory{}, fmt.Errorf("%w: %w", errMemory, err)
	}
	if m.Format != memoryFormat {
		return memory{}, errMemory
	}
	return m, nil
}

// matches reports whether the person is the one whom m remembers.
func (v *Vendor) matches(m memory, session string, person Identity) bool {
	name := hmac.Equal(m.Name, v.hash("name", session, normalName(person.Name)))
	number := hmac.Equal(m.Number, v.hash("number", session, normalNumber(person.Number.Reveal())))
	return name && number
}

// normalName is a name in the form that is compared.
func normalName(name handlers.Private) string {
	if normal, ok := idcard.NormalizeName(name.Reveal()); ok {
		return normal
	}
	return strings.TrimSpace(name.Reveal())
}

// hash is a keyed hash of one value in one session.
func (v *Vendor) hash(field, session, value string) []byte {
	mac := hmac.New(sha256.New, []byte(v.config.SecretKey.Reveal()))
	for _, part := range []string{"facegate baidu memory", field, session, value} {
		fmt.Fprintf(mac, "%d:%s", len(part), part)
	}
	return mac.Sum(nil)
}

// memoryKey tells which SecretKey hashed, without telling anything about it.
func (v *Vendor) memoryKey() string { return fmt.Sprintf("%x", v.hash("key", "", "")[:4]) }
