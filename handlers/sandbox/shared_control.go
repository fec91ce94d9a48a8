package sandbox

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// controlBodyLimit caps the body of a control request, in bytes.
const controlBodyLimit = 64 << 10

// A controlError is why a control request was refused; it is shown to whoever
// drives the sandbox.
type controlError struct {
	Message string   `json:"error"`
	Known   []string `json:"known,omitempty"` // the names that would have been accepted
}

func (e *controlError) Error() string {
	if len(e.Known) == 0 {
		return e.Message
	}
	return e.Message + "; known: " + strings.Join(e.Known, ", ")
}

// controlled refuses control requests that a browser sends for a page of another
// site: whatever a developer has open next to the sandbox cannot steer it.
func controlled(serve http.HandlerFunc) http.Handler {
	return http.NewCrossOriginProtection().Handler(serve)
}

// decodeControl reads the body of r, one JSON object, into the struct that into
// points at. A name that no field has is refused with the list of the known
// ones. An empty body is an empty object.
func decodeControl(w http.ResponseWriter, r *http.Request, into any) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, controlBodyLimit))
	if err != nil {
		return &controlError{Message: "the body cannot be read or is too long"}
	}
	if len(strings.TrimSpace(string(body))) == 0 {
		return nil
	}
	var members map[string]jsontext.Value
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return &controlError{Message: "the body must be one JSON object"}
	}
	known := memberNames(into)
	for name := range members {
		if !slices.Contains(known, name) {
			return &controlError{Message: fmt.Sprintf("unknown name %q", name), Known: known}
		}
	}
	err = json.Unmarshal(body, into, json.RejectUnknownMembers(true),
		json.WithUnmarshalers(json.UnmarshalFunc(unmarshalDuration)))
	if err != nil {
		return badControlValue(err)
	}
	return nil
}

// unmarshalDuration reads a duration the way Go writes it: "1.5s", "200ms".
func unmarshalDuration(value []byte, into *time.Duration) error {
	var written string
	if err := json.Unmarshal(value, &written); err != nil {
		return err
	}
	d, err := time.ParseDuration(written)
	if err == nil && d < 0 {
		err = errors.New("sandbox: a negative duration")
	}
	*into = d
	return err
}

// badControlValue says where in the body the value is that does not fit.
func badControlValue(err error) *controlError {
	message := "a value does not fit"
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		message = fmt.Sprintf("the value or name at %s does not fit", semantic.JSONPointer)
	}
	return &controlError{Message: message}
}

// memberNames lists the JSON names of the struct that into points at, sorted.
func memberNames(into any) []string {
	t := reflect.TypeOf(into).Elem()
	var names []string
	for field := range t.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// oneOf refuses a switch value that is neither empty nor in the list.
func oneOf(name, value string, known ...string) error {
	if value == "" || slices.Contains(known, value) {
		return nil
	}
	return &controlError{Message: fmt.Sprintf("%s cannot be %q", name, value), Known: known}
}

// writeControl answers a control request with answer, or with 400 when err is
// not nil.
func writeControl(w http.ResponseWriter, answer any, err error) {
	if err == nil {
		writeJSON(w, http.StatusOK, answer)
		return
	}
	refusal := &controlError{}
	if !errors.As(err, &refusal) {
		refusal.Message = err.Error()
	}
	writeJSON(w, http.StatusBadRequest, refusal)
}

// writeJSON answers with v as JSON.
func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		http.Error(w, "the answer cannot be written as JSON", http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
