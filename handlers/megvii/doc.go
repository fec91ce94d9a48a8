// Package megvii speaks with Megvii FaceID Lite H5: the Chinese premium and basic
// editions and the international one.
//
// # With the kit
//
// [New] makes a [Vendor] of one account. Give it to handlers.Options; nothing else
// of this package is needed.
//
// # A handler of your own
//
// [RequireSignature] stands in front of it and lets only what Megvii signed come
// through; [ResultFrom] has the result. [Parse] does the same over bytes, for other
// frameworks and queues. Both read the form and the JSON strictly, because the
// vendor's signature, sha1(API_SECRET + data), allows forgeries that a lenient
// reader believes; see [Verify].
//
// A [Result] is not yet a verdict. Its status OK means that the page ended
// normally; whether the person passed is for [Policy.Judge] to say, out of the
// liveness result, the spoof scores that a PASS does not include, and the scores and
// thresholds of each comparison.
//
// A signed callback can be replayed for ever, and may be sent twice. Tie biz_id and
// biz_no to a check that you began, and store its outcome once.
//
// # The API alone
//
// [Client] has a method for each call: [Client.GetToken], [Client.PageURL],
// [Client.GetResult].
//
// # Why did my callback not verify?
//
// The error of [Parse] has a code, and often a reason:
//
//   - unsupported_media_type: the content type is not the form's, or names another
//     charset than UTF-8. A proxy may have changed it.
//   - malformed, field_missing: the body was read before, by ParseForm or a logger;
//     or it arrived empty, because a redirect turned the POST into a GET.
//   - malformed, bad_form: a firewall has rewritten the body.
//   - bad_signature: the API_SECRET is another account's or another region's, or was
//     changed: give both during a rotation.
//   - malformed, trailing_bytes: somebody has forged a callback out of a real one.
//     Nothing was lost; look who sends it.
package megvii
