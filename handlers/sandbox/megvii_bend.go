package sandbox

import "strings"

// bend changes a result as the switches say, all but its order and spelling.
func (s MegviiSwitches) bend(result megviiObject) megviiObject {
	if s.ErrorSuffix != "" {
		result = result.changed("error_message", func(m megviiMember) megviiMember {
			return megviiMember{m.name, m.value.(string) + s.ErrorSuffix}
		})
	}
	if s.OldSpellings {
		result = megviiOldSpellings(result)
	}
	if s.ExtraFields {
		result = megviiExtraFields(result)
	}
	for _, path := range s.Omit {
		result = result.without(path)
	}
	return result
}

// megviiOldSpellings writes what older pages of the vendor print.
func megviiOldSpellings(result megviiObject) megviiObject {
	rename := func(to string) func(megviiMember) megviiMember {
		return func(m megviiMember) megviiMember { return megviiMember{to, m.value} }
	}
	result = result.changed("idcard_uneditable_field", rename("idcard_uneditable_feild"))
	result = result.changed("VIDEO_FORMAT_UNSUPPORTED", rename("VIDOE_FORMAT_UNSUPPORTED"))
	return result.changed("will_result", func(m megviiMember) megviiMember {
		return megviiMember{m.name, m.value.([]any)[0]}
	})
}

// megviiExtraFields adds members that the vendor's pages for this product do not
// list; sibling products send some of them.
func megviiExtraFields(result megviiObject) megviiObject {
	add := func(name string, value any) func(megviiMember) megviiMember {
		return func(m megviiMember) megviiMember {
			return megviiMember{m.name, m.value.(megviiObject).with(name, value)}
		}
	}
	result = result.changed("biz_info", add("channel", "h5"))
	result = result.changed("face_genuineness", add("face_replaced", 0))
	result = result.changed("verify_result", func(m megviiMember) megviiMember {
		verify := m.value.(megviiObject)
		if verify.get("error_message") == nil {
			verify = verify.with("error_message", nil)
		}
		return megviiMember{m.name, verify.with("result_new", megviiObject{{"list", []any{1, nil, true, "x"}}})}
	})
	return result.with("new_member", megviiObject{})
}

// spell writes a result the way the session's switches say.
func (m *Megvii) spell(s *megviiSession, result megviiObject) []byte {
	if s.switches.ShuffleKeys {
		result = result.shuffled()
	}
	return s.switches.Spelling.write(result)
}

// megviiOldDataURI puts the space into a data URI that an old vendor page shows.
func megviiOldDataURI(m megviiMember) megviiMember {
	if uri, ok := m.value.(string); ok {
		m.value = strings.Replace(uri, "data:", "data: ", 1)
	}
	return m
}
